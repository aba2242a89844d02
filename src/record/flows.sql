-- What users did as a whole, and what checks found. In a file of its own, for an older run file gets it when it is brought up to
-- date. docs/run-file.md has the views; the tables may change with the schema's version.

CREATE TABLE task (
    id       INTEGER PRIMARY KEY,     -- from 0, in the order of the scenario
    name     TEXT NOT NULL,
    endpoint INTEGER UNIQUE REFERENCES endpoint -- the request that is all of it; NULL: it has steps
);

-- One row each time a user went through a task with steps to its end.
CREATE TABLE iteration (
    id      INTEGER PRIMARY KEY,
    task    INTEGER NOT NULL REFERENCES task,
    user    INTEGER NOT NULL,
    at_us   INTEGER NOT NULL,
    took_us INTEGER NOT NULL,
    ok      INTEGER NOT NULL          -- none of its requests failed
);

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

-- The first answers that a check refused, cut and without secrets.
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

-- A task of one request has no rows of its own: each of its requests is one time through it.
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
