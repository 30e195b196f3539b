import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * In the place of the DataStax agent: started by a node's JVM option, it keeps the process that publishes what the node logs running for
 * as long as the node runs. That process is told in the file of -Dcdcmig.standIn, one word a line; its id is kept beside.
 */
public class StandInAgent {
    private static volatile Process process;

    public static void premain(String parameters) throws Exception {
        if (parameters != null) throw new IllegalArgumentException("the option is to be bare: " + parameters);
        if (System.getenv("CDC_PULSAR_SERVICE_URL") == null || System.getenv("CDC_TOPIC_PREFIX") == null)
            throw new IllegalStateException("nothing of the agent is in the environment");
        Path words = Path.of(System.getProperty("cdcmig.standIn"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> process.destroy()));
        Thread keeper = new Thread(() -> keep(words), "stand-in agent");
        keeper.setDaemon(true);
        keeper.start();
    }

    /** It ends while its node does not answer yet. */
    private static void keep(Path words) {
        try {
            for (;;) {
                File log = new File(words + ".log");
                process = new ProcessBuilder(Files.readAllLines(words))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                    .start();
                Files.writeString(Path.of(words + ".pid"), "" + process.pid());
                process.waitFor();
                Thread.sleep(1000);
            }
        } catch (Exception error) {
            error.printStackTrace();
        }
    }
}
