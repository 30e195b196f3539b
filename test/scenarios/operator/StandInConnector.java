import java.util.Map;
import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.functions.api.Record;
import org.apache.pulsar.io.core.Source;
import org.apache.pulsar.io.core.SourceContext;

/**
 * In the place of the DataStax source connector: it takes what comes on its events topic, by the settings that one takes, and hands each
 * message on as it is. An event that is the word "die" ends it, and so its process.
 */
public class StandInConnector implements Source<byte[]> {
    private Consumer<byte[]> consumer;

    @Override
    public void open(Map<String, Object> settings, SourceContext context) throws Exception {
        consumer = context.getPulsarClient().newConsumer()
            .topic((String) settings.get("events.topic"))
            .subscriptionName((String) settings.get("events.subscription.name"))
            .subscriptionType(SubscriptionType.valueOf((String) settings.get("events.subscription.type")))
            .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
            .subscribe();
    }

    @Override
    public Record<byte[]> read() throws Exception {
        Message<byte[]> message = consumer.receive();
        byte[] value = message.getValue();
        if ("die".equals(new String(value))) {
            consumer.acknowledge(message);
            // What is acknowledged is sent a little later, or else now: it would come again, and end the next one too.
            consumer.close();
            Runtime.getRuntime().halt(1);
        }
        return new Record<byte[]>() {
            @Override
            public byte[] getValue() {
                return value;
            }

            @Override
            public void ack() {
                consumer.acknowledgeAsync(message);
            }
        };
    }

    @Override
    public void close() throws Exception {
        if (consumer != null) consumer.close();
    }
}
