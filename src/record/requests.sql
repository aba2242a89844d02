-- What users query most. In a file of its own, for an older run file gets a new one when it is brought
-- up to date.
--
-- LEFT JOIN: a row is shown whatever became of the tables beside it.
CREATE VIEW requests AS
SELECT r.id AS id,
       CASE WHEN o.sent OR r.took_us IS NOT NULL THEN r.user END AS user,
       e.name AS name,
       e.method AS method,
       r.at_us - r.lag_us AS intended_us,
       CASE WHEN o.sent THEN r.at_us END AS sent_us,
       r.at_us + r.took_us AS end_us,
       CASE WHEN o.timed THEN r.took_us - coalesce(c.resent_us, 0) END AS service_us,
       CASE WHEN o.timed THEN r.took_us + coalesce(r.lag_us, 0) END AS response_us,
       r.dns_us AS dns_us,
       r.connect_us AS connect_us,
       r.tls_us AS tls_us,
       r.took_us - r.rest_us - coalesce(c.resent_us, 0) AS ttfb_us,
       t.status AS status,
       o.word AS outcome,
       x.text AS error,
       r.bytes_sent AS bytes_sent,
       r.bytes_received AS bytes_received,
       t.new_connection AS new_connection,
       t.sent_again AS sent_again,
       r.at_us + c.resent_us AS resent_us,
       t.http_version AS http_version,
       t.previous_end AS previous_end,
       c.previous_idle_us AS previous_idle_us,
       t.grpc_status AS grpc_status
FROM request AS r
LEFT JOIN result AS t ON t.id = r.result
LEFT JOIN endpoint AS e ON e.id = t.endpoint
LEFT JOIN outcome AS o ON o.id = t.outcome
LEFT JOIN error AS x ON x.id = t.error
LEFT JOIN reconnection AS c ON c.request = r.id;
