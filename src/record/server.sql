-- The server's side of a run: what `coldswarm import` adds. Made with every run file, empty; older
-- files get it at their first import. docs/run-file.md has what users query: the views, server_side
-- and imported. The view server_series is in scrape.sql.
--
-- Times in the tables are microseconds since 1970 by the server's clock, as they came: the views
-- put them on the run's clock, so that a better estimate of the offset moves all of them at once.

-- One row once something was imported.
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

-- A file that was read. The counts are those of its last import.
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

-- Names that repeat: instances, revisions.
CREATE TABLE server_name (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

-- The request log. key: a hash of what makes an entry one of a kind, so that none counts twice.
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

-- System events: what the platform says of its instances.
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

-- Computed again from the tables above by each import, like server_derived.
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

-- A time series of Monitoring: one metric with one set of labels.
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

CREATE TABLE server_point (
    metric   INTEGER NOT NULL REFERENCES server_metric,
    end_us   INTEGER NOT NULL,
    start_us INTEGER,                -- NULL: a moment, not an interval
    value    REAL NOT NULL,
    PRIMARY KEY (metric, end_us)
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

-- Statistics of the distributions, and series worked out from the log.
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
