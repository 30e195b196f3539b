/** Tables that between them have every kind of column and key; all are partitioned by the history's number, `h`. */
export const ddl: readonly string[] = [
  'CREATE TYPE KS.address (street text, number int, tags frozen<set<text>>)',
  `CREATE TABLE KS.wide (h int, p text, c1 int, c2 text, c3 bigint, a text, b int, d decimal, s set<text>, m map<int, text>,
     u address, l list<text>, fl frozen<list<int>>, fm frozen<map<text, int>>, fu frozen<address>, tu tuple<int, text>,
     st text static, sn int static, sm map<text, int> static, sl list<int> static,
     PRIMARY KEY ((h, p), c1, c2, c3)) WITH CLUSTERING ORDER BY (c1 DESC, c2 ASC, c3 DESC)`,
  `CREATE TABLE KS.types (h int, k int, c_ascii ascii, c_bigint bigint, c_blob blob, c_boolean boolean, c_date date,
     c_decimal decimal, c_double double, c_duration duration, c_float float, c_inet inet, c_int int, c_smallint smallint,
     c_text text, c_time time, c_timestamp timestamp, c_timeuuid timeuuid, c_tinyint tinyint, c_uuid uuid, c_varint varint,
     c_vector vector<float, 3>, c_nested map<text, frozen<list<frozen<tuple<int, text>>>>>, PRIMARY KEY ((h, k)))`,
  'CREATE TABLE KS.keyonly (h int, k1 timestamp, k2 blob, PRIMARY KEY (h, k1, k2))',
  `CREATE TABLE KS.fading (h int, c uuid, a text, b text, s set<int>, st text static, PRIMARY KEY (h, c))
     WITH default_time_to_live = 4000`,
  'CREATE TABLE KS."Plain" (h int, "K" int, "V" text, n int, m map<text, int>, PRIMARY KEY ((h, "K")))',
];
