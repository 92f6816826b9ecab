#include "walras/store/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>

#include "walras/core/error.hpp"
#include "walras/store/candle_maker.hpp"
#include "walras/store/database.hpp"
#include "walras/store/schema.hpp"

namespace walras::store {

namespace {

struct TickEnd {
    std::uint64_t tick;
    TimeNs ts;
    std::size_t trades;  // of the batch, up to its end
};

// A piece of the batch's text.
struct Text {
    std::size_t begin = 0, size = 0;
};

struct PortfolioRow {
    std::uint64_t tick;
    TimeNs ts;
    std::int64_t actor;
    Text group;
    double cash, equity;
    Text positions;
};

struct BookRow {
    std::uint64_t tick;
    TimeNs ts;
    std::uint32_t symbol;
    Text bids, asks;
};

struct NewsRow {
    std::uint64_t tick;
    TimeNs ts;
    RecordedNews news;
};

}  // namespace

struct Recorder::Batch {
    std::vector<RecordedTrade> trades;
    std::vector<TickEnd> ticks;
    std::vector<RecordedCandle> candles;
    std::vector<PortfolioRow> portfolios;
    std::vector<BookRow> books;
    std::vector<NewsRow> news;
    std::string text;

    [[nodiscard]] bool is_empty() const {
        return trades.empty() && ticks.empty() && candles.empty() && portfolios.empty() && books.empty() &&
               news.empty();
    }
    void clear() {
        trades.clear();
        ticks.clear();
        candles.clear();
        portfolios.clear();
        books.clear();
        news.clear();
        text.clear();
    }
    Text add_text(auto&& write) {
        const std::size_t begin = text.size();
        write(std::back_inserter(text));
        return {begin, text.size() - begin};
    }
    [[nodiscard]] std::string_view of(const Text& part) const {
        return std::string_view{text}.substr(part.begin, part.size);
    }
};

// The thread that owns the connection.
class Recorder::Writer {
public:
    Writer(std::filesystem::path path, const RunDescription& run, const RecorderOptions& options)
        : database_(std::move(path), Database::Access::write), most_waiting_(std::max<std::size_t>(options.queue, 1)) {
        prepare_schema(database_);
        for (const std::uint64_t ticks : options.candles) {
            candles_.emplace_back(ticks, run.symbols.size(), run.start);
        }
        begin_run(run);
        for (std::size_t i = 0; i < most_waiting_ + 1; ++i) { spare_.push_back(std::make_unique<Batch>()); }
        statements_ = std::make_unique<Statements>(database_);
        thread_ = std::thread([this] { work(); });
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { stop(); }

    // Takes the batch and gives an empty one in its place; waits while too many wait. Where it throws nothing is lost.
    void exchange(std::unique_ptr<Batch>& batch) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_.size() < most_waiting_ || error_; });
        rethrow();
        waiting_.push_back(std::move(batch));
        batch = std::move(spare_.back());  // there is one: of most_waiting_ + 2, one is in work and the others wait
        spare_.pop_back();
        changed_.notify_all();
    }

    void wait_until_written() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return (waiting_.empty() && !is_busy_) || error_; });
        rethrow();
    }

    void finish(std::string_view state, std::string_view signature, std::string_view summary) {
        wait_until_written();
        stop();
        database_.execute("BEGIN IMMEDIATE");
        for (CandleMaker& maker : candles_) {
            maker.hand_out([&](const RecordedCandle& candle) { write(candle); });
        }
        Statement done = database_.prepare(
            "UPDATE runs SET state = ?1, signature = ?2, summary = ?3, last_ts = ?4, ticks = ?5, trades = ?6 "
            "WHERE run = ?7");
        done.bind(1, state).bind(2, signature).bind(3, summary);
        bind_progress(done, 4).bind(7, run_).run();
        database_.execute("COMMIT");
        database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    [[nodiscard]] std::int64_t run() const { return run_; }
    [[nodiscard]] const std::filesystem::path& path() const { return database_.path(); }

private:
    struct Statements {
        explicit Statements(Database& d)
            : trades(d.prepare("INSERT INTO trade_batches VALUES (?1, ?2, ?3, ?4, ?5, ?6)")),
              candle(d.prepare(
                  "INSERT OR REPLACE INTO candles VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")),
              portfolio(d.prepare("INSERT INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
              book(d.prepare("INSERT INTO books VALUES (?1, ?2, ?3, ?4, ?5, ?6)")),
              news(d.prepare("INSERT INTO news VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
              progress(d.prepare("UPDATE runs SET last_ts = ?1, ticks = ?2, trades = ?3 WHERE run = ?4")) {}
        Statement trades, candle, portfolio, book, news, progress;
    };

    void begin_run(const RunDescription& run) {
        database_.execute("BEGIN IMMEDIATE");
        Statement insert = database_.prepare(
            "INSERT INTO runs (kind, name, state, created, version, seed, config, first_ts, last_ts, first_tick) "
            "VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6, ?7, ?7, ?8)");
        insert.bind(1, run.kind).bind(2, run.name).bind(3, run.created).bind(4, run.version);
        if (run.seed) {
            insert.bind(5, static_cast<std::int64_t>(*run.seed));
        } else {
            insert.bind_null(5);
        }
        insert.bind(6, run.config).bind(7, run.start.ns).bind(8, static_cast<std::int64_t>(run.first_tick)).run();
        run_ = database_.last_row_id();
        last_ = run.start;
        Statement symbol = database_.prepare("INSERT INTO symbols VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        for (std::size_t s = 0; s < run.symbols.size(); ++s) {
            const RecordedSymbol& one = run.symbols[s];
            symbol.bind(1, run_).bind(2, static_cast<std::int64_t>(s)).bind(3, one.name).bind(4, one.sector);
            symbol.bind(5, one.price_unit).bind(6, one.lot_unit).run();
        }
        database_.execute("COMMIT");
    }

    void work() {
        for (;;) {
            std::unique_ptr<Batch> batch;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [&] { return !waiting_.empty() || is_stopping_; });
                if (waiting_.empty()) { return; }
                batch = std::move(waiting_.front());
                waiting_.erase(waiting_.begin());
                is_busy_ = true;
                changed_.notify_all();
            }
            std::exception_ptr error;
            try {
                write(*batch);
            } catch (...) { error = std::current_exception(); }
            batch->clear();
            const std::scoped_lock lock(mutex_);
            is_busy_ = false;
            spare_.push_back(std::move(batch));
            if (error) {
                error_ = error;
                changed_.notify_all();
                return;
            }
            changed_.notify_all();
        }
    }

    void write(const Batch& batch) {
        database_.execute("BEGIN IMMEDIATE");
        try {
            write_trades(batch);
            for (const RecordedCandle& candle : batch.candles) { write(candle); }
            write_portfolios(batch);
            write_books(batch);
            write_news(batch);
            bind_progress(statements_->progress, 1).bind(4, run_).run();
        } catch (...) {
            roll_back();
            throw;
        }
        database_.execute("COMMIT");
    }

    // Trades of one symbol at one tick lie together.
    void write_trades(const Batch& batch) {
        std::size_t at = 0;
        const auto write_until = [&](std::size_t end) {
            while (at < end) {
                const RecordedTrade& first = batch.trades[at];
                row_end_ = 0;
                if (rows_.empty()) { rows_.resize(4096); }
                rows_[row_end_++] = '[';
                std::size_t count = 0;
                for (; at < end && batch.trades[at].symbol == first.symbol && batch.trades[at].tick == first.tick;
                     ++at, ++count) {
                    append_row(batch.trades[at], first.ts);
                    for (CandleMaker& maker : candles_) { maker.add(batch.trades[at]); }
                }
                rows_[row_end_ - 1] = ']';
                Statement& insert = statements_->trades;
                insert.bind(1, run_).bind(2, static_cast<std::int64_t>(first.tick)).bind(3, std::int64_t{first.symbol});
                insert.bind(4, first.ts.ns).bind(5, static_cast<std::int64_t>(count));
                insert.bind(6, std::string_view{rows_}.substr(0, row_end_)).run();
                trades_ += count;
                last_ = std::max(last_, batch.trades[at - 1].ts);
            }
        };
        for (const TickEnd& tick : batch.ticks) {
            write_until(tick.trades);
            for (CandleMaker& maker : candles_) {
                maker.end_tick(tick.tick, tick.ts, [&](const RecordedCandle& candle) { write(candle); });
            }
            ++ticks_;
            last_ = std::max(last_, tick.ts);
        }
        write_until(batch.trades.size());
    }

    void append_row(const RecordedTrade& trade, TimeNs start) {
        constexpr std::size_t most = 6 * 21 + 3;  // six numbers with what follows each
        if (rows_.size() - row_end_ < most) { rows_.resize(2 * rows_.size() + most); }
        char* at = rows_.data() + row_end_;
        char* const end = rows_.data() + rows_.size();
        *at++ = '[';
        for (const std::int64_t value : {(trade.ts - start).ns, trade.price, trade.quantity, trade.buyer, trade.seller,
                                         std::int64_t{trade.side}}) {
            at = std::to_chars(at, end, value).ptr;
            *at++ = ',';
        }
        at[-1] = ']';
        *at++ = ',';
        row_end_ = static_cast<std::size_t>(at - rows_.data());
    }

    void write(const RecordedCandle& c) {
        Statement& insert = statements_->candle;
        insert.bind(1, run_).bind(2, std::int64_t{c.symbol}).bind(3, c.timeframe);
        insert.bind(4, static_cast<std::int64_t>(c.tick)).bind(5, c.open_time.ns).bind(6, c.close_time.ns);
        insert.bind(7, c.open).bind(8, c.high).bind(9, c.low).bind(10, c.close).bind(11, c.volume).bind(12, c.trades);
        insert.run();
        last_ = std::max(last_, c.close_time);
    }

    void write_portfolios(const Batch& batch) {
        for (const PortfolioRow& row : batch.portfolios) {
            Statement& insert = statements_->portfolio;
            insert.bind(1, run_).bind(2, static_cast<std::int64_t>(row.tick)).bind(3, row.ts.ns).bind(4, row.actor);
            insert.bind(5, batch.of(row.group)).bind(6, row.cash).bind(7, row.equity);
            insert.bind(8, batch.of(row.positions)).run();
        }
    }

    void write_books(const Batch& batch) {
        for (const BookRow& row : batch.books) {
            Statement& insert = statements_->book;
            insert.bind(1, run_).bind(2, static_cast<std::int64_t>(row.tick)).bind(3, std::int64_t{row.symbol});
            insert.bind(4, row.ts.ns).bind(5, batch.of(row.bids)).bind(6, batch.of(row.asks)).run();
        }
    }

    void write_news(const Batch& batch) {
        for (const NewsRow& row : batch.news) {
            Statement& insert = statements_->news;
            insert.bind(1, run_).bind(2, static_cast<std::int64_t>(row.tick)).bind(3, row.ts.ns);
            insert.bind(4, row.news.kind).bind(5, row.news.subject).bind(6, row.news.sentiment);
            insert.bind(7, row.news.magnitude).bind(8, static_cast<std::int64_t>(row.news.duration)).run();
        }
    }

    Statement& bind_progress(Statement& statement, int from) const {
        return statement.bind(from, last_.ns)
            .bind(from + 1, static_cast<std::int64_t>(ticks_))
            .bind(from + 2, static_cast<std::int64_t>(trades_));
    }

    void roll_back() {
        try {
            database_.execute("ROLLBACK");
        } catch (const DataError&) {  // NOLINT(bugprone-empty-catch): what is thrown already says what is wrong
        }
    }

    void stop() {
        if (!thread_.joinable()) { return; }
        {
            const std::scoped_lock lock(mutex_);
            is_stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    void rethrow() const {
        if (error_) { std::rethrow_exception(error_); }
    }

    Database database_;
    std::size_t most_waiting_;
    std::int64_t run_ = 0;
    std::unique_ptr<Statements> statements_;
    // Of the thread that writes.
    std::vector<CandleMaker> candles_;
    std::string rows_;  // of one batch row, up to row_end_
    std::size_t row_end_ = 0;
    TimeNs last_{};
    std::uint64_t ticks_ = 0, trades_ = 0;
    // Between the two.
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<Batch>> waiting_, spare_;
    bool is_busy_ = false, is_stopping_ = false;
    std::exception_ptr error_;
    std::thread thread_;
};

Recorder::Recorder(std::filesystem::path path, const RunDescription& run, RecorderOptions options)
    : options_(std::move(options)) {
    constexpr std::array kinds{"simulation", "backtest", "live"};
    if (std::ranges::find(kinds, run.kind) == kinds.end()) {
        throw ConfigError(
            fmt::format("A run of the kind {:?} is unknown; give simulation, backtest or live.", run.kind));
    }
    for (const std::uint64_t ticks : options_.candles) {
        if (ticks == 0) { throw ConfigError("Candles of 0 ticks hold nothing; give 1 or more."); }
    }
    symbols_ = run.symbols.size();
    options_.flush_ticks = std::max<std::uint64_t>(options_.flush_ticks, 1);
    writer_ = std::make_unique<Writer>(std::move(path), run, options_);
    batch_ = std::make_unique<Batch>();
}

Recorder::~Recorder() {
    if (is_finished_) { return; }
    try {
        finish("interrupted", "", "{}");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): callers who want to know call finish()
    }
}

void Recorder::add_trades(std::span<const RecordedTrade> trades) {
    for (const RecordedTrade& trade : trades) {
        if (trade.symbol >= symbols_) {
            throw ConfigError(fmt::format("A trade of symbol {} cannot be recorded; the run has {} symbols.",
                                          trade.symbol, symbols_));
        }
    }
    batch_->trades.insert(batch_->trades.end(), trades.begin(), trades.end());
}

void Recorder::add_candle(RecordedCandle candle) { batch_->candles.push_back(std::move(candle)); }

void Recorder::add_portfolio(std::uint64_t tick, TimeNs ts, std::int64_t actor, std::string_view group, double cash,
                             double equity, std::span<const RecordedPosition> positions) {
    const Text name = batch_->add_text([&](auto out) { fmt::format_to(out, "{}", group); });
    const Text held = batch_->add_text([&](auto out) {
        char before = '{';
        for (const RecordedPosition& p : positions) {
            fmt::format_to(out, FMT_STRING("{}\"{}\":{}"), before, p.symbol, p.units);
            before = ',';
        }
        fmt::format_to(out, "{}", before == '{' ? "{}" : "}");
    });
    batch_->portfolios.push_back({tick, ts, actor, name, cash, equity, held});
}

void Recorder::add_book(std::uint64_t tick, TimeNs ts, std::uint32_t symbol, std::span<const RecordedLevel> bids,
                        std::span<const RecordedLevel> asks) {
    const auto levels = [&](std::span<const RecordedLevel> side) {
        return batch_->add_text([&](auto out) {
            char before = '[';
            for (const RecordedLevel& level : side) {
                fmt::format_to(out, FMT_STRING("{}[{},{},{}]"), before, level.price, level.quantity, level.orders);
                before = ',';
            }
            fmt::format_to(out, "{}", before == '[' ? "[]" : "]");
        });
    };
    const Text bid_text = levels(bids);
    const Text ask_text = levels(asks);
    batch_->books.push_back({tick, ts, symbol, bid_text, ask_text});
}

void Recorder::add_news(std::uint64_t tick, TimeNs ts, RecordedNews news) {
    batch_->news.push_back({tick, ts, std::move(news)});
}

void Recorder::end_tick(std::uint64_t tick, TimeNs ts) {
    batch_->ticks.push_back({tick, ts, batch_->trades.size()});
    if (batch_->ticks.size() >= options_.flush_ticks) { hand_over(); }
}

void Recorder::hand_over() { writer_->exchange(batch_); }

void Recorder::flush() {
    if (!batch_->is_empty()) { hand_over(); }
    writer_->wait_until_written();
}

void Recorder::finish(std::string_view state, std::string_view signature, std::string_view summary) {
    is_finished_ = true;
    if (!batch_->is_empty()) { hand_over(); }
    writer_->finish(state, signature, summary);
}

std::int64_t Recorder::run() const { return writer_->run(); }
const std::filesystem::path& Recorder::path() const { return writer_->path(); }

}  // namespace walras::store
