-- A run file of schema 2, as the coldswarm of its time wrote it (sqlite3's .dump; the rows of tests/cli/make_run.py).
PRAGMA application_id = 0x6373776d; PRAGMA user_version = 2;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE run (
    name           TEXT NOT NULL,
    started_utc    TEXT NOT NULL,
    duration_us    INTEGER,         -- NULL, like the last three: under way, or cut short
    users_max      INTEGER NOT NULL,
    scenario       TEXT NOT NULL,
    target         TEXT NOT NULL,
    seed           NOT NULL,        -- no type: 2^63 and above is kept as decimal text
    version        TEXT NOT NULL,
    verdict        TEXT,
    verdict_reason TEXT,
    exit_code      INTEGER
);
INSERT INTO run VALUES('small','2026-11-24T03:00:00.000Z',4000000,2,'{}','http://127.0.0.1:8080',42,'0.1.0','SUSPECT','made by hand',1);
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
INSERT INTO endpoint VALUES(0,'/','GET');
INSERT INTO endpoint VALUES(1,'/predict','POST');
CREATE TABLE outcome (
    id      INTEGER PRIMARY KEY,
    word    TEXT NOT NULL,
    sent    INTEGER NOT NULL,       -- it left
    timed   INTEGER NOT NULL,       -- it has a service time
    failure INTEGER NOT NULL
);
INSERT INTO outcome VALUES(0,'ok',1,1,0);
INSERT INTO outcome VALUES(1,'http_error',1,1,1);
INSERT INTO outcome VALUES(2,'check_failed',1,1,1);
INSERT INTO outcome VALUES(3,'timeout',1,1,1);
INSERT INTO outcome VALUES(4,'dns_error',1,1,1);
INSERT INTO outcome VALUES(5,'connect_error',1,1,1);
INSERT INTO outcome VALUES(6,'tls_error',1,1,1);
INSERT INTO outcome VALUES(7,'reset',1,1,1);
INSERT INTO outcome VALUES(8,'protocol_error',1,1,1);
INSERT INTO outcome VALUES(9,'not_sent',0,0,0);
INSERT INTO outcome VALUES(10,'cancelled',1,0,0);
CREATE TABLE error (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL
);
INSERT INTO error VALUES(1,'no answer within 2s');
CREATE TABLE result (
    id             INTEGER PRIMARY KEY,
    endpoint       INTEGER NOT NULL REFERENCES endpoint,
    status         INTEGER,
    outcome        INTEGER NOT NULL REFERENCES outcome,
    error          INTEGER REFERENCES error,
    new_connection INTEGER NOT NULL
);
INSERT INTO result VALUES(1,0,200,0,NULL,0);
INSERT INTO result VALUES(2,0,200,0,NULL,0);
INSERT INTO result VALUES(3,1,200,0,NULL,0);
INSERT INTO result VALUES(4,1,200,0,NULL,0);
INSERT INTO result VALUES(5,1,503,1,NULL,0);
INSERT INTO result VALUES(6,1,NULL,3,1,0);
INSERT INTO result VALUES(7,1,NULL,10,NULL,0);
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
INSERT INTO request VALUES(1,1,1,0,NULL,100000,NULL,NULL,NULL,NULL,100,48);
INSERT INTO request VALUES(2,2,1,1000000,NULL,301750,NULL,NULL,NULL,NULL,100,48);
INSERT INTO request VALUES(3,3,1,500000,NULL,50250,NULL,NULL,NULL,NULL,100,48);
INSERT INTO request VALUES(4,4,1,2000000,NULL,1500000,NULL,NULL,NULL,NULL,100,48);
INSERT INTO request VALUES(5,5,1,1500000,NULL,5000,NULL,NULL,NULL,NULL,100,12);
INSERT INTO request VALUES(6,6,1,0,NULL,2000000,NULL,NULL,NULL,NULL,100,0);
INSERT INTO request VALUES(7,7,1,3900000,NULL,100000,NULL,NULL,NULL,NULL,100,0);
CREATE TABLE user_count (
    second INTEGER PRIMARY KEY,
    users  INTEGER NOT NULL
);
INSERT INTO user_count VALUES(0,1);
INSERT INTO user_count VALUES(2,2);
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
CREATE VIEW requests AS
SELECT r.id AS id,
       CASE WHEN o.sent THEN r.user END AS user,
       e.name AS name,
       e.method AS method,
       r.at_us - r.lag_us AS intended_us,
       CASE WHEN o.sent THEN r.at_us END AS sent_us,
       r.at_us + r.took_us AS end_us,
       CASE WHEN o.timed THEN r.took_us END AS service_us,
       CASE WHEN o.timed THEN r.took_us + coalesce(r.lag_us, 0) END AS response_us,
       r.dns_us AS dns_us,
       r.connect_us AS connect_us,
       r.tls_us AS tls_us,
       r.took_us - r.rest_us AS ttfb_us,
       t.status AS status,
       o.word AS outcome,
       x.text AS error,
       r.bytes_sent AS bytes_sent,
       r.bytes_received AS bytes_received,
       t.new_connection AS new_connection
FROM request AS r
LEFT JOIN result AS t ON t.id = r.result
LEFT JOIN endpoint AS e ON e.id = t.endpoint
LEFT JOIN outcome AS o ON o.id = t.outcome
LEFT JOIN error AS x ON x.id = t.error;
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
COMMIT;
