/** Raised with every change of a table; a file of a higher version is left alone. */
export const schemaVersion = 2

/**
 * A log file holds streams, and beside them the positions that must change together with them.
 *
 * `batches` has one row per shard and append: unpacked rows cost four times the space and half the speed. The first
 * sequence is the row id, so rows lie in the order of their commits, and whatever came last has the highest one.
 * The blob comes last: SQLite reads only as far into a row as it must.
 */
export const logSchema = `
  CREATE TABLE counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last_sequence INTEGER NOT NULL,
    last_arrival INTEGER NOT NULL,
    generation INTEGER NOT NULL
  );
  INSERT INTO counter VALUES (1, 0, 0, 0);
  CREATE TABLE streams (
    stream INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    retention_ms INTEGER NOT NULL,
    shard_count INTEGER NOT NULL
  );
  CREATE TABLE shards (
    shard INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL REFERENCES streams,
    shard_id TEXT NOT NULL,
    parents TEXT NOT NULL,
    starting_hash_key TEXT NOT NULL,
    ending_hash_key TEXT NOT NULL,
    starting_sequence INTEGER NOT NULL,
    ending_sequence INTEGER,
    closed_at INTEGER,
    trimmed_through INTEGER NOT NULL,
    UNIQUE (stream, shard_id)
  );
  CREATE TABLE batches (
    first_sequence INTEGER PRIMARY KEY,
    last_sequence INTEGER NOT NULL,
    shard INTEGER NOT NULL REFERENCES shards,
    arrived_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    frames BLOB NOT NULL
  );
  CREATE INDEX batches_by_shard ON batches (shard, last_sequence);
  CREATE TABLE positions (
    application TEXT NOT NULL,
    stream TEXT NOT NULL,
    shard_id TEXT NOT NULL,
    owner TEXT,
    epoch INTEGER NOT NULL,
    checkpoint TEXT NOT NULL,
    owner_switches INTEGER NOT NULL,
    dirty_since INTEGER,
    PRIMARY KEY (application, stream, shard_id)
  ) WITHOUT ROWID;
`

/**
 * Heartbeats have a file of their own: renewals in a log's file were measured to wait more than two seconds. The bell
 * rings when a lease was let go or asked for: the table changes with every renewal, and that is no news.
 */
export const heartbeatSchema = `
  CREATE TABLE heartbeats (
    application TEXT NOT NULL,
    stream TEXT NOT NULL,
    shard_id TEXT NOT NULL,
    parents TEXT NOT NULL,
    initial_checkpoint TEXT NOT NULL,
    owner TEXT,
    counter INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    asked_by TEXT,
    PRIMARY KEY (application, stream, shard_id)
  ) WITHOUT ROWID;
  CREATE TABLE bell (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    rings INTEGER NOT NULL
  );
  INSERT INTO bell VALUES (1, 0);
`
