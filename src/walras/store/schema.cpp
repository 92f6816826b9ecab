#include "walras/store/schema.hpp"

#include <fmt/format.h>

#include <string>

#include "walras/core/error.hpp"

namespace walras::store {

namespace {

constexpr std::int64_t application_id = 0x57414c52;  // "WALR"

// Actors are the simulated market's agents, or accounts; -1 is the crowd, an actor above all agents somebody outside.
constexpr const char* tables = R"sql(
CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,               -- simulation, backtest, live
    name TEXT NOT NULL,
    state TEXT NOT NULL,              -- running, complete, interrupted; running without a process: it was killed
    created TEXT NOT NULL,            -- ISO 8601, UTC
    version TEXT NOT NULL,            -- of Walras
    seed INTEGER,
    config TEXT NOT NULL,             -- JSON
    first_ts INTEGER, last_ts INTEGER, -- nanoseconds since 1970, UTC
    first_tick INTEGER NOT NULL,      -- that is recorded
    ticks INTEGER NOT NULL DEFAULT 0,
    trades INTEGER NOT NULL DEFAULT 0,
    signature TEXT,
    summary TEXT                      -- JSON
);
CREATE TABLE symbols (
    run INTEGER NOT NULL, symbol INTEGER NOT NULL, name TEXT NOT NULL, sector TEXT NOT NULL DEFAULT '',
    price_unit INTEGER NOT NULL, lot_unit INTEGER NOT NULL,
    PRIMARY KEY (run, symbol)
) WITHOUT ROWID;
CREATE TABLE trade_batches (
    run INTEGER NOT NULL, tick INTEGER NOT NULL, symbol INTEGER NOT NULL, ts INTEGER NOT NULL, count INTEGER NOT NULL,
    rows TEXT NOT NULL
);
CREATE TABLE candles (
    run INTEGER NOT NULL, symbol INTEGER NOT NULL, timeframe TEXT NOT NULL, tick INTEGER NOT NULL,
    ts_open INTEGER NOT NULL, ts_close INTEGER NOT NULL,
    open INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL, close INTEGER NOT NULL,
    volume INTEGER NOT NULL, trades INTEGER NOT NULL,
    PRIMARY KEY (run, symbol, timeframe, ts_open)
) WITHOUT ROWID;
CREATE TABLE snapshots (              -- of an actor's portfolio
    run INTEGER NOT NULL, tick INTEGER NOT NULL, ts INTEGER NOT NULL, actor INTEGER NOT NULL, grp TEXT NOT NULL,
    cash REAL NOT NULL, equity REAL NOT NULL,
    positions TEXT NOT NULL           -- JSON: symbol -> units
);
CREATE TABLE books (                  -- JSON: [[price, quantity, orders], ...], best first
    run INTEGER NOT NULL, tick INTEGER NOT NULL, symbol INTEGER NOT NULL, ts INTEGER NOT NULL,
    bids TEXT NOT NULL, asks TEXT NOT NULL
);
CREATE TABLE news (
    run INTEGER NOT NULL, tick INTEGER NOT NULL, ts INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    sentiment REAL NOT NULL, magnitude REAL NOT NULL, duration INTEGER NOT NULL
);
CREATE INDEX trade_batches_by_run ON trade_batches (run, tick);
CREATE INDEX snapshots_by_run ON snapshots (run, tick);
CREATE INDEX books_by_run ON books (run, tick);
CREATE INDEX news_by_run ON news (run, tick);
CREATE VIEW trades AS
    SELECT b.run AS run, b.tick AS tick, b.ts + json_extract(t.value, '$[0]') AS ts, s.name AS symbol,
           json_extract(t.value, '$[1]') * s.price_unit / 1e9 AS price,
           json_extract(t.value, '$[2]') * s.lot_unit / 1e9 AS quantity,
           json_extract(t.value, '$[3]') AS buyer, json_extract(t.value, '$[4]') AS seller,
           json_extract(t.value, '$[5]') AS side
    FROM trade_batches b JOIN symbols s USING (run, symbol), json_each(b.rows) t;
)sql";

}  // namespace

void prepare_schema(Database& database) {
    // Looked at before anything is touched: another program's file stays as it is.
    if (database.integer_of("SELECT count(*) FROM sqlite_schema") > 0) { require_schema(database); }
    database.execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    database.execute("BEGIN IMMEDIATE");
    if (database.integer_of("SELECT count(*) FROM sqlite_schema") == 0) {  // or somebody else was first
        database.execute(tables);
        const std::string marks =
            fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", application_id, schema_version);
        database.execute(marks.c_str());
    }
    database.execute("COMMIT");
}

void require_schema(Database& database) {
    if (database.integer_of("PRAGMA application_id") != application_id) {
        throw DataError(fmt::format("{}: it is a database of another program, not a recording; name another file",
                                    database.path().string()));
    }
    if (const std::int64_t found = database.integer_of("PRAGMA user_version"); found != schema_version) {
        throw DataError(
            fmt::format("{}: the recording has format {}, this version reads {}; use the Walras that wrote it",
                        database.path().string(), found, schema_version));
    }
}

}  // namespace walras::store
