-- What the target's metrics endpoint said during the run ("scrape"), and the view of all series of the server. docs/run-file.md has
-- what users query.

CREATE TABLE scrape_series (
    id     INTEGER PRIMARY KEY,     -- from 0, in the order of their first points
    metric TEXT NOT NULL,
    label  TEXT NOT NULL,           -- name="value" of its labels, with commas, sorted
    kind   TEXT NOT NULL            -- 'gauge' or 'cumulative'
);

-- Of a cumulative series only those that differ from the one before.
CREATE TABLE scrape_point (
    series INTEGER NOT NULL REFERENCES scrape_series,
    at_us  INTEGER NOT NULL,        -- of the run, by the client's clock
    value  REAL NOT NULL,
    PRIMARY KEY (series, at_us)
) WITHOUT ROWID;

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
