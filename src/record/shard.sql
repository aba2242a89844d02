-- The parts of a load that ran on several machines. Only a file that `coldswarm merge` made has these.
-- docs/run-file.md has the view and shard_manifest; the table may change with the schema's version.

CREATE TABLE part (
    id                 INTEGER PRIMARY KEY, -- from 0
    file               TEXT,                -- NULL, like all others of a missing part
    host               TEXT,                -- NULL, like the others: its file does not say
    boot_id            TEXT,
    clock_synchronized INTEGER,
    clock_maxerror_us  INTEGER,
    offset_us          INTEGER,             -- its clock minus that of part 0; NULL: not measured
    offset_bound_us    INTEGER,             -- the error of offset_us is at most this
    started_us         INTEGER,             -- since 1970, by its own clock
    duration_us        INTEGER,
    users_max          INTEGER,
    requests           INTEGER,             -- as in `seconds`
    failures           INTEGER,
    verdict            TEXT NOT NULL,
    verdict_reason     TEXT NOT NULL,
    exit_code          INTEGER,
    threads            INTEGER,
    cpu_max            REAL,
    loop_lag_p99_us    INTEGER,
    loop_lag_max_us    INTEGER,
    dispatch_p99_us    INTEGER
);

CREATE TABLE shard_manifest (
    shard INTEGER NOT NULL REFERENCES part,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (shard, key)
) WITHOUT ROWID;

CREATE VIEW shard AS
SELECT p.id AS shard,
       p.host AS host,
       p.offset_us AS offset_us,
       p.offset_bound_us AS offset_bound_us,
       p.verdict AS verdict,
       p.verdict_reason AS verdict_reason,
       p.requests AS requests,
       p.failures AS failures,
       p.duration_us AS duration_us,
       p.users_max AS users_max,
       p.cpu_max AS cpu_max,
       p.loop_lag_p99_us AS loop_lag_p99_us,
       p.loop_lag_max_us AS loop_lag_max_us,
       p.dispatch_p99_us AS dispatch_p99_us,
       p.threads AS threads,
       p.started_us AS started_us,
       p.exit_code AS exit_code,
       p.boot_id AS boot_id,
       p.clock_synchronized AS clock_synchronized,
       p.clock_maxerror_us AS clock_maxerror_us,
       p.file AS file
FROM part AS p;
