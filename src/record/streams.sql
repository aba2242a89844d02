-- How streamed answers went. In a file of its own, for an older run file gets it when it is brought up to date. docs/run-file.md has
-- the view; the table may change with the schema's version.

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
    gaps_us          TEXT,          -- a JSON array; NULL: no token came
    asked_tokens     INTEGER,       -- the longest answer that the request asked for; NULL: none, or not known
    asked_words      INTEGER        -- of its generated prompt; NULL: not known
);

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
       s.after_done AS after_done,
       s.asked_tokens AS asked_tokens,
       s.asked_words AS asked_words
FROM stream AS s;
