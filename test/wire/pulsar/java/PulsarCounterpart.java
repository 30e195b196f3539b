import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.BatcherBuilder;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.ProducerBuilder;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.api.TypedMessageBuilder;
import org.apache.pulsar.client.api.schema.Field;
import org.apache.pulsar.client.api.schema.GenericRecord;
import org.apache.pulsar.client.api.schema.GenericSchema;
import org.apache.pulsar.client.impl.BatchMessageIdImpl;
import org.apache.pulsar.client.impl.ChunkMessageIdImpl;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.apache.pulsar.common.schema.KeyValue;
import org.apache.pulsar.common.schema.KeyValueEncodingType;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.apache.pulsar.common.schema.SchemaType;

/**
 * The Java client of the sandbox's own distribution, as the other side of our client. Reads one JSON request a line, answers each with one
 * JSON line; all bytes travel as base64. Argument: the service URL.
 */
public class PulsarCounterpart {
    private static final ObjectMapper json = new ObjectMapper();
    private static final Map<String, Consumer<?>> consumers = new HashMap<>();
    /** What each consumer has received, in order; acknowledgements name a message by its place here. */
    private static final Map<String, List<Message<?>>> received = new HashMap<>();

    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        // Whatever the client logs must not stand between the answers.
        System.setOut(System.err);
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (PulsarClient client = PulsarClient.builder().serviceUrl(args[0]).ioThreads(1).listenerThreads(1).build()) {
            for (String line; (line = requests.readLine()) != null; ) {
                ObjectNode answer = json.createObjectNode();
                try {
                    handle(client, json.readTree(line), answer);
                } catch (Throwable error) {
                    answer.put("error", error.toString());
                }
                answers.println(json.writeValueAsString(answer));
                answers.flush();
            }
        }
    }

    private static void handle(PulsarClient client, JsonNode request, ObjectNode answer) throws Exception {
        switch (request.get("op").asText()) {
            case "produce" -> produce(client, request, answer);
            case "produceKeyValues" -> produceKeyValues(client, request, answer);
            case "subscribe" -> subscribe(client, request);
            case "receive" -> receive(request, answer);
            case "acknowledge" -> acknowledge(request);
            case "negative" -> negative(request);
            case "close" -> consumers.remove(request.get("consumer").asText()).close();
            case "measureProduce" -> measureProduce(client, request, answer);
            case "measureConsume" -> measureConsume(client, request, answer);
            default -> throw new IllegalArgumentException(request.get("op").asText());
        }
    }

    private static void produce(PulsarClient client, JsonNode request, ObjectNode answer) throws Exception {
        // Without a schema of ours the broker checks nothing: raw bytes may go to a topic of any schema.
        try (Producer<byte[]> producer = producerOf(client.newProducer(Schema.BYTES), request)) {
            List<CompletableFuture<MessageId>> receipts = new ArrayList<>();
            for (JsonNode message : request.get("messages")) receipts.add(built(producer, message).sendAsync());
            producer.flush();
            answerWithIds(answer, receipts);
        }
    }

    private static <T> Producer<T> producerOf(ProducerBuilder<T> builder, JsonNode request) throws Exception {
        String batching = request.path("batching").asText("none");
        builder.topic(request.get("topic").asText())
                .producerName(request.get("name").asText())
                .compressionType(CompressionType.valueOf(request.path("compression").asText("none").toUpperCase()))
                .enableBatching(!batching.equals("none"))
                .batchingMaxPublishDelay(50, TimeUnit.MILLISECONDS);
        if (batching.equals("key")) builder.batcherBuilder(BatcherBuilder.KEY_BASED);
        if (request.has("chunkBytes")) {
            builder.enableChunking(true);
            int bytes = request.get("chunkBytes").asInt();
            // By name: the client of 2.10 cuts at what the broker takes, and has no method for anything else.
            if (bytes > 0) builder.loadConf(Map.of("chunkMaxMessageSize", bytes));
        }
        return builder.create();
    }

    private static TypedMessageBuilder<byte[]> built(Producer<byte[]> producer, JsonNode from) {
        TypedMessageBuilder<byte[]> message = producer.newMessage();
        if (from.has("keyText")) message.key(from.get("keyText").asText());
        if (from.has("key")) message.keyBytes(bytes(from.get("key")));
        if (from.has("orderingKey")) message.orderingKey(bytes(from.get("orderingKey")));
        if (from.has("eventTime")) message.eventTime(from.get("eventTime").asLong());
        if (from.has("sequenceId")) message.sequenceId(from.get("sequenceId").asLong());
        if (from.has("deliverAfterMs")) message.deliverAfter(from.get("deliverAfterMs").asLong(), TimeUnit.MILLISECONDS);
        from.path("properties").fields().forEachRemaining((p) -> message.property(p.getKey(), p.getValue().asText()));
        return message.value(from.get("payload").isNull() ? null : bytes(from.get("payload")));
    }

    /** Records {pk, ck} → {v} under a KeyValue schema, as a connector writes rows; a null value is a delete. */
    private static void produceKeyValues(PulsarClient client, JsonNode request, ObjectNode answer) throws Exception {
        SchemaType type = SchemaType.valueOf(request.get("kind").asText());
        GenericSchema<GenericRecord> key = recordSchema(type, "k", "{\"name\":\"pk\",\"type\":\"int\"},"
                + "{\"name\":\"ck\",\"type\":[\"null\",\"string\"],\"default\":null}");
        GenericSchema<GenericRecord> value = recordSchema(type, "v",
                "{\"name\":\"v\",\"type\":[\"null\",\"string\"],\"default\":null}");
        KeyValueEncodingType encoding = KeyValueEncodingType.valueOf(request.get("encoding").asText());
        Schema<KeyValue<GenericRecord, GenericRecord>> schema = Schema.KeyValue(key, value, encoding);
        try (Producer<KeyValue<GenericRecord, GenericRecord>> producer = producerOf(client.newProducer(schema), request)) {
            List<CompletableFuture<MessageId>> receipts = new ArrayList<>();
            for (JsonNode row : request.get("rows")) {
                GenericRecord k = key.newRecordBuilder().set("pk", row.get("pk").asInt()).set("ck", textOrNull(row.get("ck"))).build();
                boolean isDelete = row.get("v").isNull();
                GenericRecord v = isDelete ? null : value.newRecordBuilder().set("v", row.get("v").asText()).build();
                receipts.add(producer.newMessage().value(new KeyValue<>(k, v)).sendAsync());
            }
            producer.flush();
            answerWithIds(answer, receipts);
        }
    }

    private static GenericSchema<GenericRecord> recordSchema(SchemaType type, String name, String fields) {
        String definition = "{\"type\":\"record\",\"name\":\"" + name + "\",\"namespace\":\"ks\",\"fields\":[" + fields + "]}";
        return Schema.generic(SchemaInfo.builder().name(name).type(type)
                .schema(definition.getBytes(StandardCharsets.UTF_8)).properties(new HashMap<>()).build());
    }

    private static void subscribe(PulsarClient client, JsonNode request) throws Exception {
        Schema<?> schema = request.path("decodes").asBoolean(false) ? Schema.AUTO_CONSUME() : Schema.BYTES;
        Consumer<?> consumer = client.newConsumer(schema)
                .topic(request.get("topic").asText())
                .subscriptionName(request.get("subscription").asText())
                .subscriptionType(SubscriptionType.valueOf(request.path("type").asText("Exclusive")))
                .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                .negativeAckRedeliveryDelay(100, TimeUnit.MILLISECONDS)
                .enableBatchIndexAcknowledgment(true)
                // Said when asked for, not some time later.
                .acknowledgmentGroupTime(0, TimeUnit.MILLISECONDS)
                .subscribe();
        String name = request.get("consumer").asText();
        consumers.put(name, consumer);
        received.put(name, new ArrayList<>());
    }

    /** Up to `count` messages; fewer when none comes for `patienceMs`. */
    private static void receive(JsonNode request, ObjectNode answer) throws Exception {
        String name = request.get("consumer").asText();
        ArrayNode messages = answer.putArray("messages");
        while (messages.size() < request.get("count").asInt()) {
            Message<?> message = consumers.get(name).receive(request.get("patienceMs").asInt(), TimeUnit.MILLISECONDS);
            if (message == null) return;
            received.get(name).add(message);
            describe(message, messages.addObject());
        }
    }

    private static void acknowledge(JsonNode request) throws Exception {
        String name = request.get("consumer").asText();
        for (JsonNode place : request.get("places")) {
            Message<?> message = received.get(name).get(place.asInt());
            if (request.path("isCumulative").asBoolean(false)) consumers.get(name).acknowledgeCumulative(message);
            else consumers.get(name).acknowledge(message);
        }
    }

    private static void negative(JsonNode request) {
        String name = request.get("consumer").asText();
        for (JsonNode place : request.get("places")) {
            consumers.get(name).negativeAcknowledge(received.get(name).get(place.asInt()));
        }
    }

    private static void describe(Message<?> message, ObjectNode to) {
        byte[] payload = message.getData();
        to.put("id", describeId(message.getMessageId()));
        to.put("producerName", message.getProducerName());
        to.put("sequenceId", message.getSequenceId());
        to.put("key", message.hasKey() ? base64(message.getKeyBytes()) : null);
        to.put("orderingKey", message.hasOrderingKey() ? base64(message.getOrderingKey()) : null);
        to.set("properties", json.valueToTree(new TreeMap<>(message.getProperties())));
        to.put("eventTimeMs", message.getEventTime());
        to.put("publishTimeMs", message.getPublishTime());
        to.put("isNull", payload == null);
        to.put("payload", base64(payload));
        to.put("schemaVersion", base64(message.getSchemaVersion()));
        to.put("redeliveryCount", message.getRedeliveryCount());
        Object value = message.getValue();
        if (value instanceof GenericRecord) to.put("decoded", shown(((GenericRecord) value).getNativeObject()));
    }

    private static String shown(Object value) {
        if (value instanceof KeyValue) {
            KeyValue<?, ?> pair = (KeyValue<?, ?>) value;
            return shown(pair.getKey()) + " -> " + shown(pair.getValue());
        }
        if (!(value instanceof GenericRecord)) return String.valueOf(value);
        List<String> fields = new ArrayList<>();
        for (Field field : ((GenericRecord) value).getFields()) {
            fields.add(field.getName() + "=" + ((GenericRecord) value).getField(field));
        }
        return String.join(",", fields);
    }

    /** As our `formatMessageId`: `ledger:entry:batch index:partition`, and the first chunk's `:ledger:entry`. */
    private static String describeId(MessageId any) {
        MessageIdImpl id = (MessageIdImpl) any;
        int index = id instanceof BatchMessageIdImpl ? ((BatchMessageIdImpl) id).getBatchIndex() : -1;
        String own = id.getLedgerId() + ":" + id.getEntryId() + ":" + index + ":" + id.getPartitionIndex();
        if (!(id instanceof ChunkMessageIdImpl)) return own;
        MessageIdImpl first = (MessageIdImpl) ((ChunkMessageIdImpl) id).getFirstChunkMessageId();
        return own + ":" + first.getLedgerId() + ":" + first.getEntryId();
    }

    private static void answerWithIds(ObjectNode answer, List<CompletableFuture<MessageId>> receipts) throws Exception {
        ArrayNode ids = answer.putArray("ids");
        for (CompletableFuture<MessageId> receipt : receipts) ids.add(describeId(receipt.get()));
    }

    private static void measureProduce(PulsarClient client, JsonNode request, ObjectNode answer) throws Exception {
        byte[][] payloads = new byte[request.get("payloads").size()][];
        for (int i = 0; i < payloads.length; i++) payloads[i] = bytes(request.get("payloads").get(i));
        int count = request.get("count").asInt();
        int pending = request.get("pending").asInt();
        try (Producer<byte[]> producer = client.newProducer(Schema.BYTES).topic(request.get("topic").asText())
                .compressionType(CompressionType.valueOf(request.get("compression").asText().toUpperCase()))
                .batchingMaxMessages(request.get("batchMessages").asInt())
                .batchingMaxBytes(request.get("batchBytes").asInt())
                .batchingMaxPublishDelay(1, TimeUnit.MILLISECONDS)
                .maxPendingMessages(pending).blockIfQueueFull(true).create()) {
            Meter meter = new Meter();
            for (int i = 0; i < count; i++) {
                producer.newMessage().key(Integer.toString(i)).value(payloads[i % payloads.length]).sendAsync();
            }
            producer.flush();
            meter.stop(answer);
        }
    }

    private static void measureConsume(PulsarClient client, JsonNode request, ObjectNode answer) throws Exception {
        int count = request.get("count").asInt();
        // As many as ours: what is acknowledged and not receipted.
        Semaphore inFlight = new Semaphore(request.get("pending").asInt());
        try (Consumer<byte[]> consumer = client.newConsumer(Schema.BYTES).topic(request.get("topic").asText())
                .subscriptionName(request.get("subscription").asText())
                .subscriptionInitialPosition(SubscriptionInitialPosition.Earliest)
                .receiverQueueSize(request.get("receiveQueue").asInt())
                .isAckReceiptEnabled(true).subscribe()) {
            Meter meter = new Meter();
            long bytes = 0;
            for (int i = 0; i < count; i++) {
                Message<byte[]> message = consumer.receive(30, TimeUnit.SECONDS);
                bytes += message.getData().length + message.getKey().length();
                inFlight.acquire();
                consumer.acknowledgeAsync(message).whenComplete((done, error) -> inFlight.release());
            }
            meter.stop(answer);
            answer.put("bytes", bytes);
        }
    }

    /** Of the whole process, the collector and the compiler among it; its start is not. */
    private static final class Meter {
        private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        private final long cpuNanos = system.getProcessCpuTime();
        private final long wallNanos = System.nanoTime();

        void stop(ObjectNode answer) {
            answer.put("wallNanos", System.nanoTime() - wallNanos);
            answer.put("cpuNanos", system.getProcessCpuTime() - cpuNanos);
        }
    }

    private static byte[] bytes(JsonNode base64) {
        return Base64.getDecoder().decode(base64.asText());
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    private static String textOrNull(JsonNode node) {
        return node.isNull() ? null : node.asText();
    }
}
