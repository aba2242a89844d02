-- A run file of schema 7, as the coldswarm of its time wrote it (sqlite3's .dump; the rows of tests/cli/make_run.py, two of them streams).
PRAGMA application_id = 0x6373776d; PRAGMA user_version = 7;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE check_name (
    id       INTEGER PRIMARY KEY,     -- from 0, in the order of the scenario; behind the checks, captures
    endpoint INTEGER NOT NULL REFERENCES endpoint,
    name     TEXT NOT NULL
);
CREATE TABLE check_second (
    second INTEGER NOT NULL,
    id     INTEGER NOT NULL REFERENCES check_name,
    passes INTEGER NOT NULL,
    fails  INTEGER NOT NULL,
    not_judged INTEGER NOT NULL DEFAULT 0, -- its answer was larger than what is judged
    PRIMARY KEY (second, id)
) WITHOUT ROWID;
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
CREATE TABLE dispatch_second (
    second INTEGER PRIMARY KEY,
    sent   INTEGER NOT NULL,
    late   INTEGER NOT NULL,
    p50_us INTEGER NOT NULL,
    p99_us INTEGER NOT NULL,
    max_us INTEGER NOT NULL
);
CREATE TABLE endpoint (
    id     INTEGER PRIMARY KEY,     -- from 0, in the order of the scenario
    name   TEXT NOT NULL,
    method TEXT NOT NULL
);
INSERT INTO "endpoint" VALUES(0,'/','GET');
INSERT INTO "endpoint" VALUES(1,'/predict','POST');
CREATE TABLE error (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL
);
INSERT INTO "error" VALUES(1,'no answer within 2s');
CREATE TABLE event (
    at_us INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    text  TEXT NOT NULL
);
CREATE TABLE failed_body (
    id       INTEGER PRIMARY KEY,
    endpoint INTEGER NOT NULL REFERENCES endpoint,
    user     INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,        -- the request's end
    status   INTEGER NOT NULL,
    error    TEXT NOT NULL,
    bytes    INTEGER NOT NULL,        -- of the whole body, decoded
    body     TEXT NOT NULL,
    seen     TEXT                     -- what the check has found; NULL: nothing beside the body
);
CREATE TABLE imported (
    kind      TEXT NOT NULL,         -- 'logs' or 'metrics'
    file      TEXT NOT NULL,
    entries   INTEGER NOT NULL,      -- entries of a log; points of a metrics file
    used      INTEGER NOT NULL,      -- they are in the run file now, whichever import put them there
    output    INTEGER NOT NULL,      -- not kept: lines that instances wrote (stdout, stderr),
    elsewhere INTEGER NOT NULL,      -- of another service or revision,
    outside   INTEGER NOT NULL,      -- not of the run's time,
    unknown   INTEGER NOT NULL,      -- of a log or a metric that tells nothing of a service,
    bad       INTEGER NOT NULL,      -- not to be understood
    complaint TEXT NOT NULL,         -- the first few of those, with their place, a line each
    cut_short INTEGER NOT NULL,      -- 1: it ended in the middle of an entry
    PRIMARY KEY (kind, file)
) WITHOUT ROWID;
CREATE TABLE iteration (
    id      INTEGER PRIMARY KEY,
    task    INTEGER NOT NULL REFERENCES task,
    user    INTEGER NOT NULL,
    at_us   INTEGER NOT NULL,
    took_us INTEGER NOT NULL,
    ok      INTEGER NOT NULL          -- none of its requests failed
);
CREATE TABLE manifest (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "manifest" VALUES('stream_asked','[{"endpoint": 1, "output_tokens": [4, 12], "prompt_words": [50, 50]}]');
CREATE TABLE outcome (
    id      INTEGER PRIMARY KEY,
    word    TEXT NOT NULL,
    sent    INTEGER NOT NULL,       -- it left
    timed   INTEGER NOT NULL,       -- it has a service time
    failure INTEGER NOT NULL
);
INSERT INTO "outcome" VALUES(0,'ok',1,1,0);
INSERT INTO "outcome" VALUES(1,'http_error',1,1,1);
INSERT INTO "outcome" VALUES(2,'check_failed',1,1,1);
INSERT INTO "outcome" VALUES(3,'timeout',1,1,1);
INSERT INTO "outcome" VALUES(4,'dns_error',1,1,1);
INSERT INTO "outcome" VALUES(5,'connect_error',1,1,1);
INSERT INTO "outcome" VALUES(6,'tls_error',1,1,1);
INSERT INTO "outcome" VALUES(7,'reset',1,1,1);
INSERT INTO "outcome" VALUES(8,'protocol_error',1,1,1);
INSERT INTO "outcome" VALUES(9,'not_sent',0,0,0);
INSERT INTO "outcome" VALUES(10,'cancelled',1,0,0);
INSERT INTO "outcome" VALUES(11,'unsendable',0,0,1);
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
    bytes_received INTEGER NOT NULL,
    resent_us      INTEGER,         -- when it was sent again - sent; NULL: it was not
    previous_idle_us INTEGER        -- of the connection that previous_end is about
);
INSERT INTO "request" VALUES(1,1,1,0,NULL,100000,NULL,NULL,NULL,NULL,100,48,NULL,NULL);
INSERT INTO "request" VALUES(2,2,1,1000000,NULL,301750,NULL,NULL,NULL,NULL,100,48,NULL,NULL);
INSERT INTO "request" VALUES(3,3,1,500000,NULL,50250,NULL,NULL,NULL,NULL,100,48,NULL,NULL);
INSERT INTO "request" VALUES(4,4,1,2000000,NULL,1500000,NULL,NULL,NULL,NULL,100,48,NULL,NULL);
INSERT INTO "request" VALUES(5,5,1,1500000,NULL,5000,NULL,NULL,NULL,NULL,100,12,NULL,NULL);
INSERT INTO "request" VALUES(6,6,1,0,NULL,2000000,NULL,NULL,NULL,NULL,100,0,NULL,NULL);
INSERT INTO "request" VALUES(7,7,1,3900000,NULL,100000,NULL,NULL,NULL,NULL,100,0,NULL,NULL);
CREATE TABLE result (
    id             INTEGER PRIMARY KEY,
    endpoint       INTEGER NOT NULL REFERENCES endpoint,
    status         INTEGER,
    outcome        INTEGER NOT NULL REFERENCES outcome,
    error          INTEGER REFERENCES error,
    new_connection INTEGER NOT NULL,
    sent_again     INTEGER NOT NULL,
    http_version   TEXT,            -- of the answer; NULL: none came
    previous_end   TEXT             -- how the user's connection before a new one had ended
);
INSERT INTO "result" VALUES(1,0,200,0,NULL,0,0,NULL,NULL);
INSERT INTO "result" VALUES(2,0,200,0,NULL,0,0,NULL,NULL);
INSERT INTO "result" VALUES(3,1,200,0,NULL,0,0,NULL,NULL);
INSERT INTO "result" VALUES(4,1,200,0,NULL,0,0,NULL,NULL);
INSERT INTO "result" VALUES(5,1,503,1,NULL,0,0,NULL,NULL);
INSERT INTO "result" VALUES(6,1,NULL,3,1,0,0,NULL,NULL);
INSERT INTO "result" VALUES(7,1,NULL,10,NULL,0,0,NULL,NULL);
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
INSERT INTO "run" VALUES('small','2026-11-24T03:00:00.000Z',4000000,2,'{}','http://127.0.0.1:8080',42,'0.1.0','SUSPECT','made by hand',1);
CREATE TABLE scrape_point (
    series INTEGER NOT NULL REFERENCES scrape_series,
    at_us  INTEGER NOT NULL,        -- of the run, by the client's clock
    value  REAL NOT NULL,
    PRIMARY KEY (series, at_us)
) WITHOUT ROWID;
CREATE TABLE scrape_series (
    id     INTEGER PRIMARY KEY,     -- from 0, in the order of their first points
    metric TEXT NOT NULL,
    label  TEXT NOT NULL,           -- name="value" of its labels, with commas, sorted
    kind   TEXT NOT NULL            -- 'gauge' or 'cumulative'
);
CREATE TABLE server_derived (
    id     INTEGER PRIMARY KEY,
    metric TEXT NOT NULL,
    label  TEXT NOT NULL,
    kind   TEXT NOT NULL,
    source TEXT NOT NULL,            -- 'metrics' or 'logs'
    UNIQUE (metric, label)
);
CREATE TABLE server_derived_point (
    derived  INTEGER NOT NULL REFERENCES server_derived,
    end_us   INTEGER NOT NULL,
    start_us INTEGER,
    value    REAL NOT NULL,
    PRIMARY KEY (derived, end_us)
) WITHOUT ROWID;
CREATE TABLE server_distribution (
    metric   INTEGER NOT NULL REFERENCES server_metric,
    end_us   INTEGER NOT NULL,
    start_us INTEGER,
    count    INTEGER NOT NULL,
    mean     REAL NOT NULL,
    buckets  TEXT NOT NULL,          -- those that hold something: "from to count", a line each
    PRIMARY KEY (metric, end_us)
) WITHOUT ROWID;
CREATE TABLE server_event (
    id       INTEGER PRIMARY KEY,
    key      INTEGER NOT NULL UNIQUE,
    at_us    INTEGER NOT NULL,
    instance INTEGER REFERENCES server_name,
    revision INTEGER REFERENCES server_name,
    kind     TEXT NOT NULL,
    severity TEXT,
    reason   TEXT,                   -- of a start, or of a lifetime's end
    text     TEXT NOT NULL
);
CREATE TABLE server_instance (
    instance   INTEGER PRIMARY KEY REFERENCES server_name,
    revision   INTEGER REFERENCES server_name,
    started_us INTEGER NOT NULL,
    start_kind TEXT NOT NULL,
    ready_us   INTEGER,
    ended_us   INTEGER,
    reason     TEXT,
    end_kind   TEXT NOT NULL,
    requests   INTEGER NOT NULL
);
CREATE TABLE server_metric (
    id       INTEGER PRIMARY KEY,
    metric   TEXT NOT NULL,          -- without run.googleapis.com/
    labels   TEXT NOT NULL,          -- "key=value" of metric and resource, sorted, a line each
    label    TEXT NOT NULL,          -- the part of them that is shown; the others are added up
    kind     TEXT NOT NULL,          -- 'gauge', 'delta', 'rate' or 'cumulative'
    fold     TEXT NOT NULL,          -- how those of one label become one: 'sum' or 'mean'
    unit     TEXT,
    UNIQUE (metric, labels)
);
CREATE TABLE server_name (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);
CREATE TABLE server_point (
    metric   INTEGER NOT NULL REFERENCES server_metric,
    end_us   INTEGER NOT NULL,
    start_us INTEGER,                -- NULL: a moment, not an interval
    value    REAL NOT NULL,
    PRIMARY KEY (metric, end_us)
) WITHOUT ROWID;
CREATE TABLE server_request (
    id             INTEGER PRIMARY KEY,
    key            INTEGER NOT NULL UNIQUE,
    at_us          INTEGER NOT NULL, -- arrival
    latency_us     INTEGER,
    status         INTEGER,
    method         TEXT,
    path           TEXT,             -- without host and query
    instance       INTEGER REFERENCES server_name, -- NULL: it reached none
    revision       INTEGER REFERENCES server_name,
    trace          BLOB,             -- 16 bytes
    request_bytes  INTEGER,
    response_bytes INTEGER,
    text           TEXT,             -- what the platform said beside it
    request        INTEGER           -- of the client: requests.id
);
CREATE TABLE server_side (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    service        TEXT,             -- the one whose entries were taken; NULL: they name none
    run_start_us   INTEGER NOT NULL, -- the run's 0, since 1970, by the client's clock
    offset_us      INTEGER NOT NULL, -- server's clock minus client's, as the views use it
    lower_us       INTEGER,          -- it is no less: no answer came before it was sent
    upper_us       INTEGER,          -- it is no more: no request arrived before it was sent
    pairs          INTEGER NOT NULL, -- joined requests behind the bounds; 0: both are NULL
    join_state     TEXT NOT NULL,    -- 'joined', 'no_requests', 'no_trace', 'lost' or 'foreign'
    joined         INTEGER NOT NULL, -- rows of server_request that have a request
    astray         INTEGER NOT NULL, -- with this run's trace, but no such row in the run file
    repeated       INTEGER NOT NULL, -- with the trace of a request that has joined already
    idle_limit_us  INTEGER NOT NULL, -- after this long without a request an instance is taken to end
    step_us        INTEGER NOT NULL  -- between points of the series that were derived
);
CREATE TABLE stream (
    request          INTEGER PRIMARY KEY REFERENCES request,
    first_event_us   INTEGER,       -- from the request's at_us, like the next three; NULL: there was none
    first_token_us   INTEGER,
    first_output_us  INTEGER,
    last_token_us    INTEGER,
    events           INTEGER NOT NULL,
    token_events     INTEGER NOT NULL,
    reasoning_events INTEGER NOT NULL, -- of the token events; the same for tools
    tool_events      INTEGER NOT NULL,
    reads            INTEGER NOT NULL, -- that brought token events
    shared_reads     INTEGER NOT NULL, -- of them, those that brought several
    usage_tokens     INTEGER,       -- as the server counts, like the next three; NULL: it did not say
    prompt_tokens    INTEGER,
    cached_tokens    INTEGER,
    reasoning_tokens INTEGER,
    first_tokens     INTEGER NOT NULL, -- in the first token event
    finish           TEXT NOT NULL,
    done             INTEGER NOT NULL, -- the mark of the end came
    after_done       INTEGER NOT NULL, -- events behind it
    gap_max_us       INTEGER,       -- NULL: there was no gap
    gaps_us          TEXT           -- a JSON array; NULL: no token came
);
INSERT INTO "stream" VALUES(3,20000,20000,20000,50000,4,3,0,0,3,0,3,40,10,NULL,1,'stop',1,0,20000,'[10000,20000]');
INSERT INTO "stream" VALUES(4,100000,200000,200000,1400000,6,5,0,0,5,0,5,60,0,NULL,1,'length',1,0,600000,'[100000,200000,300000,600000]');
CREATE TABLE task (
    id       INTEGER PRIMARY KEY,     -- from 0, in the order of the scenario
    name     TEXT NOT NULL,
    endpoint INTEGER UNIQUE REFERENCES endpoint -- the request that is all of it; NULL: it has steps
);
CREATE TABLE user_count (
    second INTEGER PRIMARY KEY,
    users  INTEGER NOT NULL
);
INSERT INTO "user_count" VALUES(0,1);
INSERT INTO "user_count" VALUES(2,2);
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
CREATE VIEW requests AS
SELECT r.id AS id,
       CASE WHEN o.sent OR r.took_us IS NOT NULL THEN r.user END AS user,
       e.name AS name,
       e.method AS method,
       r.at_us - r.lag_us AS intended_us,
       CASE WHEN o.sent THEN r.at_us END AS sent_us,
       r.at_us + r.took_us AS end_us,
       CASE WHEN o.timed THEN r.took_us - coalesce(r.resent_us, 0) END AS service_us,
       CASE WHEN o.timed THEN r.took_us + coalesce(r.lag_us, 0) END AS response_us,
       r.dns_us AS dns_us,
       r.connect_us AS connect_us,
       r.tls_us AS tls_us,
       r.took_us - r.rest_us - coalesce(r.resent_us, 0) AS ttfb_us,
       t.status AS status,
       o.word AS outcome,
       x.text AS error,
       r.bytes_sent AS bytes_sent,
       r.bytes_received AS bytes_received,
       t.new_connection AS new_connection,
       t.sent_again AS sent_again,
       r.at_us + r.resent_us AS resent_us,
       t.http_version AS http_version,
       t.previous_end AS previous_end,
       r.previous_idle_us AS previous_idle_us
FROM request AS r
LEFT JOIN result AS t ON t.id = r.result
LEFT JOIN endpoint AS e ON e.id = t.endpoint
LEFT JOIN outcome AS o ON o.id = t.outcome
LEFT JOIN error AS x ON x.id = t.error;
CREATE VIEW server_requests AS
SELECT r.at_us - s.run_start_us - s.offset_us AS at_us,
       r.latency_us AS latency_us,
       r.method AS method,
       r.path AS path,
       r.status AS status,
       i.text AS instance,
       v.text AS revision,
       lower(hex(r.trace)) AS trace,
       r.request AS request_id,
       r.request_bytes AS request_bytes,
       r.response_bytes AS response_bytes,
       r.text AS text
FROM server_side AS s
CROSS JOIN server_request AS r
LEFT JOIN server_name AS i ON i.id = r.instance
LEFT JOIN server_name AS v ON v.id = r.revision;
CREATE VIEW server_events AS
SELECT x.at_us - s.run_start_us - s.offset_us AS at_us,
       i.text AS instance,
       x.kind AS kind,
       x.severity AS severity,
       x.text AS text,
       x.reason AS reason,
       v.text AS revision
FROM server_side AS s
CROSS JOIN server_event AS x
LEFT JOIN server_name AS i ON i.id = x.instance
LEFT JOIN server_name AS v ON v.id = x.revision;
CREATE VIEW instances AS
SELECT i.text AS instance,
       x.started_us - s.run_start_us - s.offset_us AS started_us,
       x.ready_us - s.run_start_us - s.offset_us AS ready_us,
       x.ended_us - s.run_start_us - s.offset_us AS ended_us,
       x.reason AS reason,
       x.end_kind AS end_kind,
       x.start_kind AS start_kind,
       v.text AS revision,
       x.requests AS requests
FROM server_side AS s
CROSS JOIN server_instance AS x
LEFT JOIN server_name AS i ON i.id = x.instance
LEFT JOIN server_name AS v ON v.id = x.revision;
CREATE VIEW iterations AS
SELECT r.id AS id,
       r.user AS user,
       k.name AS name,
       r.at_us AS start_us,
       r.at_us + r.took_us AS end_us,
       r.took_us AS duration_us,
       NOT o.failure AS ok
FROM request AS r
CROSS JOIN result AS t ON t.id = r.result
CROSS JOIN outcome AS o ON o.id = t.outcome AND o.timed
CROSS JOIN task AS k ON k.endpoint = t.endpoint
UNION ALL
SELECT -i.id, i.user, k.name, i.at_us, i.at_us + i.took_us, i.took_us, i.ok
FROM iteration AS i
LEFT JOIN task AS k ON k.id = i.task;
CREATE VIEW checks AS
SELECT s.second AS second,
       e.name AS request,
       c.name AS name,
       s.passes AS passes,
       s.fails AS fails,
       s.not_judged AS not_judged
FROM check_second AS s
LEFT JOIN check_name AS c ON c.id = s.id
LEFT JOIN endpoint AS e ON e.id = c.endpoint;
CREATE VIEW failed_bodies AS
SELECT b.at_us AS at_us,
       b.user AS user,
       e.name AS request,
       e.method AS method,
       b.status AS status,
       b.error AS error,
       b.bytes AS bytes,
       b.body AS body,
       b.seen AS seen
FROM failed_body AS b
LEFT JOIN endpoint AS e ON e.id = b.endpoint;
CREATE VIEW streams AS
SELECT s.request AS request_id,
       s.first_event_us AS first_event_us,
       s.first_token_us AS ttft_us,
       s.first_output_us AS ttfo_us,
       s.last_token_us AS last_token_us,
       s.events AS events,
       s.token_events AS token_events,
       s.reads AS reads,
       coalesce(s.usage_tokens, s.token_events) AS output_tokens,
       s.prompt_tokens AS prompt_tokens,
       s.cached_tokens AS cached_tokens,
       s.reasoning_tokens AS reasoning_tokens,
       CASE WHEN s.usage_tokens IS NULL THEN 'events' ELSE 'usage' END AS tokens_from,
       s.finish AS finish,
       s.gap_max_us AS gap_max_us,
       s.gaps_us AS gaps_us,
       s.reasoning_events AS reasoning_events,
       s.tool_events AS tool_events,
       s.shared_reads AS shared_reads,
       s.first_tokens AS first_tokens,
       s.done AS done,
       s.after_done AS after_done
FROM stream AS s;
CREATE VIEW server_series AS
SELECT m.metric AS metric,
       m.label AS label,
       p.end_us - s.run_start_us - s.offset_us AS at_us,
       CASE m.fold WHEN 'sum' THEN sum(p.value) ELSE avg(p.value) END AS value,
       min(p.start_us) - s.run_start_us - s.offset_us AS start_us,
       m.kind AS kind,
       'metrics' AS source
FROM server_side AS s
CROSS JOIN server_metric AS m
JOIN server_point AS p ON p.metric = m.id
GROUP BY m.metric, m.label, m.kind, p.end_us
UNION ALL
SELECT d.metric, d.label, p.end_us - s.run_start_us - s.offset_us, p.value,
       p.start_us - s.run_start_us - s.offset_us, d.kind, d.source
FROM server_side AS s
CROSS JOIN server_derived AS d
JOIN server_derived_point AS p ON p.derived = d.id
UNION ALL
SELECT x.metric, x.label, p.at_us, p.value, NULL, x.kind, 'scrape'
FROM scrape_series AS x
JOIN scrape_point AS p ON p.series = x.id;
COMMIT;
