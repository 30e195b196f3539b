import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.cassandra.config.DatabaseDescriptor;
import org.apache.cassandra.db.ClusteringPrefix;
import org.apache.cassandra.db.DeletionTime;
import org.apache.cassandra.db.LivenessInfo;
import org.apache.cassandra.db.Mutation;
import org.apache.cassandra.db.commitlog.CommitLogDescriptor;
import org.apache.cassandra.db.commitlog.CommitLogReadHandler;
import org.apache.cassandra.db.commitlog.CommitLogReader;
import org.apache.cassandra.db.partitions.PartitionUpdate;
import org.apache.cassandra.db.rows.Cell;
import org.apache.cassandra.db.rows.ColumnData;
import org.apache.cassandra.db.rows.ComplexColumnData;
import org.apache.cassandra.db.rows.RangeTombstoneMarker;
import org.apache.cassandra.db.rows.Row;
import org.apache.cassandra.db.rows.Unfiltered;
import org.apache.cassandra.db.rows.UnfilteredRowIterator;
import org.apache.cassandra.schema.Schema;
import org.apache.cassandra.schema.TableId;
import org.apache.cassandra.utils.ByteBufferUtil;

/**
 * Reads commit log segments with Cassandra's own reader, under the schema that the data folder of its cassandra.yaml holds.
 *   print SEGMENT...          one line of JSON a mutation on stdout
 *   measure SECONDS SEGMENT.. reads the segments over and over and prints what that took
 * One source for 4.0, 4.1 and 5.0: what they have under other names is found by reflection.
 */
public final class CommitLogOracle
{
    /** An int in 4.0 and 4.1, a long in 5.0: the compiler takes what it finds there. */
    private static final long NO_LOCAL_TIME = Cell.NO_DELETION_TIME;

    private static PrintStream out;

    public static void main(String[] args) throws Exception
    {
        // Cassandra's logging may write to stdout: lines of ours go out on a stream that it does not know.
        out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 20), false, "UTF-8");
        System.setOut(System.err);
        DatabaseDescriptor.toolInitialization();
        DatabaseDescriptor.getPartitioner();
        loadSchema();
        List<String> rest = Arrays.asList(args).subList(1, args.length);
        if (args[0].equals("measure")) measure(Double.parseDouble(rest.get(0)), rest.subList(1, rest.size()));
        else for (String segment : rest) read(segment, CommitLogOracle::print);
        out.flush();
        // Threads that Cassandra has started would keep the process alive.
        System.exit(out.checkError() ? 1 : 0);
    }

    /** In 4.0 it also notes the schema's version in the log, which a tool does not have, unless it is told not to. */
    private static void loadSchema() throws Exception
    {
        try
        {
            Schema.class.getMethod("loadFromDisk", boolean.class).invoke(Schema.instance, false);
        }
        catch (NoSuchMethodException fromLaterReleases)
        {
            Schema.class.getMethod("loadFromDisk").invoke(Schema.instance);
        }
    }

    private interface Taker
    {
        void take(Mutation mutation, int endPosition, long segmentId);
    }

    private static void read(String segment, Taker taker) throws Exception
    {
        CommitLogReader reader = new CommitLogReader();
        CommitLogReadHandler handler = new CommitLogReadHandler()
        {
            public boolean shouldSkipSegmentOnError(CommitLogReadException error)
            {
                throw new IllegalStateException("cannot read " + segment, error);
            }

            public void handleUnrecoverableError(CommitLogReadException error)
            {
                throw new IllegalStateException("cannot read " + segment, error);
            }

            public void handleMutation(Mutation mutation, int size, int endPosition, CommitLogDescriptor descriptor)
            {
                taker.take(mutation, endPosition, descriptor.id);
            }
        };
        Method read = readMethod();
        Constructor<?> file = read.getParameterTypes()[1].getConstructor(String.class);
        read.invoke(reader, handler, file.newInstance(segment), false);
        for (Map.Entry<TableId, AtomicInteger> skipped : reader.getInvalidMutations())
            System.err.println("unknown table " + skipped.getKey() + " x" + skipped.getValue());
    }

    /** Its second parameter is java.io.File in 4.0 and a class of Cassandra's from 4.1 on. */
    private static Method readMethod()
    {
        for (Method method : CommitLogReader.class.getMethods())
        {
            Class<?>[] parameters = method.getParameterTypes();
            if (method.getName().equals("readCommitLogSegment") && parameters.length == 3 && parameters[2] == boolean.class)
                return method;
        }
        throw new IllegalStateException("CommitLogReader has no readCommitLogSegment(handler, file, boolean)");
    }

    private static void measure(double seconds, List<String> segments) throws Exception
    {
        // The first rounds are the compiler's, and are not counted.
        readFor(seconds, segments);
        long cpu = processCpuNanos();
        long begin = System.nanoTime();
        long[] rounds = readFor(seconds, segments);
        long wall = System.nanoTime() - begin;
        cpu = processCpuNanos() - cpu;
        out.println("{\"rounds\":" + rounds[0] + ",\"mutations\":" + rounds[1] + ",\"wallNanos\":" + wall + ",\"cpuNanos\":" + cpu + "}");
    }

    private static long[] readFor(double seconds, List<String> segments) throws Exception
    {
        long[] counted = { 0, 0 };
        // Seconds of CPU: on a busy machine those of the clock may hold no work at all.
        long end = processCpuNanos() + (long) (seconds * 1e9);
        while (processCpuNanos() < end)
        {
            for (String segment : segments) read(segment, (mutation, position, id) -> counted[1]++);
            counted[0]++;
        }
        return counted;
    }

    private static long processCpuNanos()
    {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static void print(Mutation mutation, int endPosition, long segmentId)
    {
        StringBuilder json = new StringBuilder();
        json.append("{\"g\":\"").append(segmentId).append("\",\"p\":").append(endPosition).append(",\"u\":");
        list(json, mutation.getPartitionUpdates(), update -> update(json, update));
        out.append(json.append("}\n"));
    }

    private static void update(StringBuilder json, PartitionUpdate update)
    {
        json.append("{\"t\":").append(text(update.metadata().keyspace + "." + update.metadata().name));
        json.append(",\"k\":").append(hex(update.partitionKey().getKey()));
        json.append(",\"d\":").append(deletion(update.partitionLevelDeletion()));
        json.append(",\"s\":");
        if (update.staticRow().isEmpty()) json.append("null");
        else row(json, update.staticRow());
        List<Unfiltered> items = new ArrayList<>();
        try (UnfilteredRowIterator iterator = update.unfilteredIterator())
        {
            while (iterator.hasNext()) items.add(iterator.next());
        }
        json.append(",\"i\":");
        list(json, items, item -> {
            if (item.isRow()) row(json, (Row) item);
            else marker(json, (RangeTombstoneMarker) item);
        });
        json.append('}');
    }

    private static void marker(StringBuilder json, RangeTombstoneMarker marker)
    {
        String kind = marker.clustering().kind().toString().toLowerCase();
        json.append("{\"b\":").append(text(kind.replace("_boundary", "").replace("_bound", "")));
        json.append(",\"c\":").append(values(marker.clustering()));
        DeletionTime closed = marker.isClose(false) ? marker.closeDeletionTime(false) : null;
        DeletionTime opened = marker.isOpen(false) ? marker.openDeletionTime(false) : null;
        json.append(",\"d\":").append(deletion(closed == null ? opened : closed));
        json.append(",\"o\":").append(closed == null || opened == null ? "null" : deletion(opened)).append('}');
    }

    private static void row(StringBuilder json, Row row)
    {
        json.append("{\"c\":").append(row.isStatic() ? "[]" : values(row.clustering()));
        json.append(",\"l\":").append(liveness(row.primaryKeyLivenessInfo()));
        json.append(",\"d\":").append(rowDeletion(row.deletion()));
        List<ComplexColumnData> deleted = new ArrayList<>();
        List<Cell<?>> cells = new ArrayList<>();
        for (ColumnData column : row)
        {
            if (!column.column().isComplex()) cells.add((Cell<?>) column);
            else
            {
                ComplexColumnData complex = (ComplexColumnData) column;
                if (!complex.complexDeletion().isLive()) deleted.add(complex);
                for (Cell<?> cell : complex) cells.add(cell);
            }
        }
        json.append(",\"x\":");
        list(json, deleted, column -> {
            String time = deletion(column.complexDeletion());
            json.append('[').append(text(column.column().name.toString())).append(',').append(time, 1, time.length());
        });
        json.append(",\"v\":");
        list(json, cells, cell -> cell(json, cell));
        json.append('}');
    }

    private static void cell(StringBuilder json, Cell<?> cell)
    {
        json.append('[').append(text(cell.column().name.toString())).append(',');
        json.append(cell.path() == null ? "null" : hex(cell.path().get(0))).append(",\"").append(cell.timestamp()).append("\",");
        json.append(cell.ttl()).append(',').append(localTime(cell.localDeletionTime())).append(',');
        json.append(cell.isTombstone()).append(',').append(hex(cell.buffer())).append(']');
    }

    private static String liveness(LivenessInfo info)
    {
        if (info.isEmpty()) return "null";
        String expiry = info.isExpiring() ? Long.toString(info.localExpirationTime()) : "null";
        return "[\"" + info.timestamp() + "\"," + info.ttl() + "," + expiry + "]";
    }

    private static String deletion(DeletionTime time)
    {
        return time.isLive() ? "null" : "[\"" + time.markedForDeleteAt() + "\"," + localTime(time.localDeletionTime()) + "]";
    }

    private static String rowDeletion(Row.Deletion deletion)
    {
        if (deletion.isLive()) return "null";
        String time = deletion(deletion.time());
        return time.substring(0, time.length() - 1) + "," + deletion.isShadowable() + "]";
    }

    private static String localTime(long seconds)
    {
        return seconds == NO_LOCAL_TIME ? "null" : Long.toString(seconds);
    }

    private static String values(ClusteringPrefix<?> prefix)
    {
        StringBuilder json = new StringBuilder("[");
        for (int i = 0; i < prefix.size(); i++) json.append(i == 0 ? "" : ",").append(hex(prefix.bufferAt(i)));
        return json.append(']').toString();
    }

    private static String hex(ByteBuffer bytes)
    {
        return bytes == null ? "null" : "\"" + ByteBufferUtil.bytesToHex(bytes) + "\"";
    }

    private static String text(String value)
    {
        return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static <T> void list(StringBuilder json, Iterable<T> items, Consumer<T> append)
    {
        json.append('[');
        boolean isFirst = true;
        for (T item : items)
        {
            if (!isFirst) json.append(',');
            isFirst = false;
            append.accept(item);
        }
        json.append(']');
    }
}
