-- The run file. What users query is documented in docs/run-file.md: run, manifest, event and the
-- three views, of which `requests` is in requests.sql. What an import adds is in server.sql. The
-- other tables may change with the schema's version. No STRICT and no MATERIALIZED: the SQLite of a
-- five years old system must be able to read this.

CREATE TABLE run (
    name           TEXT NOT NULL,
    started_utc    TEXT NOT NULL,
    duration_us    INTEGER,         -- NULL, like the last three: in progress, or cut short
    users_max      INTEGER NOT NULL,
    scenario       TEXT NOT NULL,
    target         TEXT NOT NULL,
    seed           NOT NULL,        -- no type: 2^63 and above is kept as decimal text
    version        TEXT NOT NULL,
    verdict        TEXT,
    verdict_reason TEXT,
    exit_code      INTEGER
);

CREATE TABLE manifest (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE event (
    at_us INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    text  TEXT NOT NULL
);

CREATE TABLE endpoint (
    id     INTEGER PRIMARY KEY,     -- from 0, in the order of the scenario
    name   TEXT NOT NULL,
    method TEXT NOT NULL
);

CREATE TABLE outcome (
    id      INTEGER PRIMARY KEY,
    word    TEXT NOT NULL,
    sent    INTEGER NOT NULL,       -- it left
    timed   INTEGER NOT NULL,       -- it has a service time
    failure INTEGER NOT NULL
);

CREATE TABLE error (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL
);

-- What many requests have in common, once, so that a request names it in a byte.
CREATE TABLE result (
    id             INTEGER PRIMARY KEY,
    endpoint       INTEGER NOT NULL REFERENCES endpoint,
    status         INTEGER,
    outcome        INTEGER NOT NULL REFERENCES outcome,
    error          INTEGER REFERENCES error,
    new_connection INTEGER NOT NULL,
    sent_again     INTEGER NOT NULL,
    http_version   TEXT,            -- of the answer; NULL: none came
    previous_end   TEXT,            -- how the user's connection before a new one had ended
    grpc_status    INTEGER          -- NULL: no gRPC call, or it ended without a status
);

-- One row a request. Differences instead of times: SQLite stores small numbers in fewer bytes.
CREATE TABLE request (
    id             INTEGER PRIMARY KEY,
    result         INTEGER NOT NULL REFERENCES result,
    user           INTEGER NOT NULL,
    at_us          INTEGER,         -- when it was sent; intended where it was not sent
    lag_us         INTEGER,         -- sent - intended; NULL: nothing intended
    took_us        INTEGER,         -- end - sent; NULL: not sent
    rest_us        INTEGER,         -- end - first byte; NULL: no byte came
    dns_us         INTEGER,         -- NULL, like the next two: there was no such step
    connect_us     INTEGER,
    tls_us         INTEGER,
    bytes_sent     INTEGER NOT NULL,
    bytes_received INTEGER NOT NULL
);

CREATE TABLE user_count (
    second INTEGER PRIMARY KEY,
    users  INTEGER NOT NULL
);

-- What the client saw of itself.
CREATE TABLE client_second (
    second           INTEGER PRIMARY KEY,
    cpu_max          REAL NOT NULL,
    cpu_sum          REAL NOT NULL,
    cpu_writer       REAL NOT NULL,
    loop_lag_mean_us INTEGER,       -- NULL, like the maximum: no timer was due
    loop_lag_max_us  INTEGER,
    queued_max       INTEGER NOT NULL,
    lost             INTEGER NOT NULL,
    open_files       INTEGER,       -- NULL, like the next two: the system did not say
    ports            INTEGER,
    retransmits      INTEGER
);

-- How late it sent. A second in which nothing that was scheduled ended has no row.
CREATE TABLE dispatch_second (
    second INTEGER PRIMARY KEY,
    sent   INTEGER NOT NULL,
    late   INTEGER NOT NULL,
    p50_us INTEGER NOT NULL,
    p99_us INTEGER NOT NULL,
    max_us INTEGER NOT NULL
);

-- A request counts in the second of its end. CROSS JOIN keeps the order: the long table is read
-- once, from front to end.
CREATE VIEW seconds AS
WITH RECURSIVE
done(second, requests, failures) AS (
    SELECT (r.at_us + r.took_us) / 1000000, count(*), sum(o.failure)
    FROM request AS r
    CROSS JOIN result AS t ON t.id = r.result
    CROSS JOIN outcome AS o ON o.id = t.outcome
    WHERE o.timed
    GROUP BY 1
),
last(second) AS (
    SELECT max(coalesce((SELECT max(second) FROM done), 0),
               coalesce((SELECT (duration_us - 1) / 1000000 FROM run),
                        (SELECT max(second) FROM user_count), 0))
),
clock(second) AS (
    SELECT 0
    UNION ALL
    SELECT clock.second + 1 FROM clock, last WHERE clock.second < last.second
)
SELECT clock.second AS second,
       coalesce((SELECT u.users FROM user_count AS u WHERE u.second <= clock.second
                 ORDER BY u.second DESC LIMIT 1), 0) AS users,
       coalesce(done.requests, 0) AS requests,
       coalesce(done.failures, 0) AS failures
FROM clock LEFT JOIN done ON done.second = clock.second;

CREATE VIEW client AS
SELECT c.second AS second,
       c.cpu_max AS cpu_max,
       c.cpu_sum AS cpu_sum,
       c.cpu_writer AS cpu_writer,
       c.loop_lag_mean_us AS loop_lag_mean_us,
       c.loop_lag_max_us AS loop_lag_max_us,
       c.queued_max AS queued_max,
       c.lost AS lost,
       c.open_files AS open_files,
       c.ports AS ports,
       c.retransmits AS retransmits,
       coalesce(d.sent, 0) AS scheduled,
       coalesce(d.late, 0) AS late,
       d.p50_us AS dispatch_p50_us,
       d.p99_us AS dispatch_p99_us,
       d.max_us AS dispatch_max_us
FROM client_second AS c LEFT JOIN dispatch_second AS d ON d.second = c.second;
