/** What PulsarCounterpart.java is told and answers, one JSON line each. Bytes are base64. */
export type JavaRequest =
  | ({ readonly op: 'produce'; readonly messages: readonly JavaOutgoing[] } & JavaProducer)
  | ({
      readonly op: 'produceKeyValues';
      readonly kind: 'AVRO' | 'JSON';
      readonly encoding: 'INLINE' | 'SEPARATED';
      readonly rows: readonly JavaRow[];
    } & JavaProducer)
  | {
      readonly op: 'subscribe';
      /** How later requests call it. */
      readonly consumer: string;
      readonly topic: string;
      readonly subscription: string;
      readonly type?: 'Exclusive' | 'Shared' | 'Failover' | 'Key_Shared';
      /** Reads values by the schemas that the broker knows. */
      readonly decodes?: boolean;
    }
  | { readonly op: 'receive'; readonly consumer: string; readonly count: number; readonly patienceMs: number }
  | {
      readonly op: 'acknowledge';
      readonly consumer: string;
      /** Counted over all that this consumer has received. */
      readonly places: readonly number[];
      readonly isCumulative?: boolean;
    }
  | { readonly op: 'negative'; readonly consumer: string; readonly places: readonly number[] }
  | { readonly op: 'close'; readonly consumer: string }
  | {
      readonly op: 'measureProduce';
      readonly topic: string;
      readonly payloads: readonly string[];
      readonly count: number;
      readonly compression: JavaCompression;
      readonly batchMessages: number;
      readonly batchBytes: number;
      readonly pending: number;
    }
  | {
      readonly op: 'measureConsume';
      readonly topic: string;
      readonly subscription: string;
      readonly count: number;
      readonly receiveQueue: number;
      readonly pending: number;
    };

export const javaCompressions = ['none', 'lz4', 'zlib', 'zstd', 'snappy'] as const;
type JavaCompression = (typeof javaCompressions)[number];

interface JavaProducer {
  readonly topic: string;
  readonly name: string;
  readonly compression?: JavaCompression;
  readonly batching?: 'none' | 'default' | 'key';
  /** Cuts messages into chunks of this size; 0: of the size that the broker takes. */
  readonly chunkBytes?: number;
}

export interface JavaOutgoing {
  readonly keyText?: string;
  readonly key?: string;
  readonly orderingKey?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly eventTime?: number;
  readonly sequenceId?: number;
  readonly deliverAfterMs?: number;
  readonly payload: string | null;
}

export interface JavaRow {
  readonly pk: number;
  readonly ck: string | null;
  /** null is a delete. */
  readonly v: string | null;
}

export interface JavaMessage {
  /** As our `formatMessageId` writes it. */
  readonly id: string;
  readonly producerName: string;
  readonly sequenceId: number;
  readonly key: string | null;
  readonly orderingKey: string | null;
  readonly properties: Readonly<Record<string, string>>;
  /** 0: not set. */
  readonly eventTimeMs: number;
  readonly publishTimeMs: number;
  readonly isNull: boolean;
  readonly payload: string | null;
  readonly schemaVersion: string | null;
  readonly redeliveryCount: number;
  /** `field=value` of both sides, for a consumer that decodes. */
  readonly decoded?: string;
}

export interface JavaSpeed {
  readonly wallNanos: number;
  readonly cpuNanos: number;
}

interface JavaAnswers {
  readonly produce: { readonly ids: readonly string[] };
  readonly produceKeyValues: { readonly ids: readonly string[] };
  readonly receive: { readonly messages: readonly JavaMessage[] };
  readonly measureProduce: JavaSpeed;
  readonly measureConsume: JavaSpeed;
}

export type JavaAnswer<O extends JavaRequest['op']> = O extends keyof JavaAnswers ? JavaAnswers[O] : object;
