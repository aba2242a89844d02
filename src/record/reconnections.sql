-- Times of the few requests whose connection was new because the one before had been idle, or was
-- lost. Columns of `request` would cost each of its rows two bytes. In a file of its own, for an older
-- run file gets it when it is brought up to date.
CREATE TABLE reconnection (
    request          INTEGER PRIMARY KEY REFERENCES request,
    resent_us        INTEGER,       -- when it was sent again - sent; NULL: it was not
    previous_idle_us INTEGER        -- of the connection that previous_end is about; NULL: not known
);
