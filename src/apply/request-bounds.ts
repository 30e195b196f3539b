/** A Cassandra writes a warning for each unlogged batch of more than ten partitions, or of several with more than 5 KiB. */
export const partitionsOfRequest = 10;
export const bytesOfPartitions = 4 * 1024;
/** What a cell weighs there beside its value: its write time and its place. */
export const cellBytes = 16;
