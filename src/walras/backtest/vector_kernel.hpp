// The kernel: one pool, row by row, the stages of ReplayVenue without events. Internal.
//
// Per asset at most four orders are alive, because a decision on a bar is settled by the next one: a close, an entry
// (an order, or an intent that waits for a price) and the two legs that protect a position. Where that does not hold,
// or an account is called for margin, `run` gives up and says so; the event engine then does the work.
#pragma once

#include <optional>
#include <vector>

#include "walras/backtest/vector_rules.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest::vectorised {

// A protective order at the venue.
struct Resting {
    std::uint32_t order = 0;  // 0: none
    Price level{};            // a stop's trigger, a target's limit
    Price best{};             // trailing: the best price so far
    std::int64_t trail = 0;
    bool marketable = false;  // a target that would have traded when it arrived: it takes
};

// One asset and what is under way on it.
struct Line {
    const VectorAsset* asset = nullptr;
    std::int64_t lot_value = 0;
    bool complete = false;  // every row is a bar
    Quantity held{};
    Quantity open_buys{}, open_sells{};  // working orders, those that only reduce left out
    std::uint32_t closing = 0;           // order numbers; 0: none
    std::uint32_t entering = 0;
    bool is_intent = false;                         // the entry waits for a price
    bool has_legs = false;                          // the entry brings legs along
    bool is_listed = false;                         // in Kernel::listed_
    model::OrderSide side = model::OrderSide::buy;  // of the entry
    Quantity closing_lots{};
    Quantity entering_lots{};
    Amount amount;  // of an intent
    Protection protection;
    Resting stop, target;
    std::size_t next_signal = 0;                                    // or target
    std::optional<Amount> constant;                                 // the same amount in every row
    double last_number = std::numeric_limits<double>::quiet_NaN();  // of an order column, and what it asked for
    std::optional<Ask> last_ask;
    std::optional<Protection> constant_protection;

    [[nodiscard]] const VectorBars& bars() const { return asset->bars; }
    [[nodiscard]] bool has_bar(std::size_t row) const { return complete || is_bar(bars(), row); }
    [[nodiscard]] bool is_pending() const { return closing != 0 || entering != 0; }
    [[nodiscard]] bool is_protected() const { return stop.order != 0 || target.order != 0; }
    [[nodiscard]] bool is_idle() const { return !is_pending() && !is_protected(); }
};

class Kernel {
public:
    Kernel(std::span<const VectorAsset> assets, const PoolConfig& config);

    // False: the pool needs the event engine, and what was written is worth nothing.
    [[nodiscard]] bool run(PoolRun& out);

private:
    // Which prices value the pool: the closes before this row, or this row's opens or closes as far as there are any.
    enum class Marks : std::uint8_t { before, open, close };
    // What the account has and needs; valid as long as neither marks nor positions move.
    struct Power {
        Money equity{};
        Money required{};  // margin, if every open order filled in the worse way
    };

    // vector_kernel.cpp: the rows
    void run_one();
    void run_many();
    template <bool Single>
    void step(std::size_t row, std::span<const std::uint32_t> active);
    void trade_opening(std::span<const std::uint32_t> active);
    void trade_range(std::span<const std::uint32_t> active);
    void trade_close(std::span<const std::uint32_t> active, model::FillRule rule);
    void decide(Line& line);
    void decide_target(Line& line);
    double take_free(const Line& line, double share);
    [[nodiscard]] Money free_margin(const Power& now);
    [[nodiscard]] std::size_t next_decision(Line& line, std::size_t from) const;
    [[nodiscard]] std::size_t next_bar(const Line& line, std::size_t from) const;
    [[nodiscard]] std::size_t next_touch(Line& line, std::size_t from, std::size_t to) const;
    void prefetch(const Line& line) const;
    void limit_price(const Line& line);
    [[nodiscard]] bool has_limit(const Line& line) const;
    [[nodiscard]] bool is_safe(const Line& line, std::size_t block) const;
    [[nodiscard]] bool calls_between(const Line& line, std::size_t from, std::size_t to);
    void finish();

    // vector_fills.cpp: what trades, and what follows
    void fill_at_point(Line& line, Price price, model::FillRule market_rule, bool only_point);
    bool fill_markets(Line& line, Price price, model::FillRule rule);
    void fill_range(Line& line, const model::Bar& bar);
    void fill_stop(Line& line, Price price, model::FillRule rule);
    void fill_target(Line& line, Price price, model::FillRule rule, model::LiquiditySide liquidity);
    void fill(Line& line, std::uint32_t order, model::OrderSide side, Quantity lots, Price reference,
              model::FillRule rule, model::LiquiditySide liquidity, bool slips);
    void protect(Line& line, Price entry, Price standing);
    static void move_trailing(Line& line, Price favourable);
    void end_legs(Line& line);
    void end(std::uint32_t order, model::OrderStatus status, model::Reason reason);

    // vector_orders.cpp: what is asked for, sized and reviewed
    void place_close(Line& line);
    void place_entry(Line& line, model::OrderSide side, const Amount& amount, const Protection& protection);
    [[nodiscard]] std::uint32_t add_order(const Line& line, model::OrderSide side, model::OrderType type,
                                          Quantity quantity);
    bool price_intents(std::span<const std::uint32_t> active, Marks marks);
    [[nodiscard]] Quantity intended_change(const Line& line, Price price);
    void send_entry(Line& line, Quantity lots);
    void end_entry(Line& line, model::OrderStatus status, model::Reason reason);
    [[nodiscard]] model::Reason review(const Line& line, model::OrderSide side, Quantity lots);
    [[nodiscard]] const Power& power();
    [[nodiscard]] Money margin(const Line& line, Quantity worst, Rate rate);
    // The largest position that the working orders and `extra` could lead to.
    [[nodiscard]] static Quantity worst(const Line& line, Quantity extra) {
        const Quantity most = line.held + line.open_buys + (extra.lots > 0 ? extra : Quantity{});
        const Quantity least = line.held - line.open_sells + (extra.lots < 0 ? extra : Quantity{});
        return std::max(abs(most), abs(least));
    }
    // As RiskGate::worst_with: an order that turns the position around closes it first.
    [[nodiscard]] static Quantity worst_with(const Line& line, Quantity extra) {
        if (line.held.lots < 0 && extra.lots > 0 && line.open_sells.is_zero()) {
            return abs(line.held + line.open_buys + extra);
        }
        if (line.held.lots > 0 && extra.lots < 0 && line.open_buys.is_zero()) {
            return abs(line.held - line.open_sells + extra);
        }
        return worst(line, extra);
    }
    [[nodiscard]] Price mark(const Line& line) const;
    // The last one at or before the row.
    [[nodiscard]] static Price close_at(const Line& line, std::size_t row) {
        while (!line.has_bar(row)) {
            if (row == 0) { return Price{}; }
            --row;
        }
        return price_of(line.bars().close[row]);
    }
    [[nodiscard]] static Money notional(const Line& line, Price price, Quantity lots) {
        return lots.is_zero() ? Money{} : model::notional(price, lots, line.lot_value);
    }
    [[nodiscard]] bool is_margin_call();
    void list(Line& line);
    void value_at(Marks marks) {
        marks_ = marks;
        power_.reset();
    }

    [[nodiscard]] std::uint32_t index(const Line& line) const {
        return static_cast<std::uint32_t>(&line - lines_.data());
    }
    [[nodiscard]] VectorOrder& order(std::uint32_t number) { return out_->orders[number - 1]; }

    const PoolConfig& config_;
    std::vector<Line> lines_;
    std::size_t rows_ = 0;
    FillAt fill_at_ = FillAt::next_open;
    bool closes_only_ = false;
    bool constant_slippage_ = false;
    Rate slippage_{};  // where it is constant
    PoolRun* out_ = nullptr;

    Money cash_{};
    Money traded_{};
    std::size_t row_ = 0;
    bool at_open_ = false;  // of the row that trades now
    bool shown_ = false;    // its close has been decided on
    Marks marks_ = Marks::before;
    std::optional<Power> power_;
    std::optional<double> room_;  // for targets that are decided in this row
    std::size_t shorts_ = 0;      // assets held short
    bool moved_ = false;          // a fill since the account was last looked at
    double limit_ = 0;            // one asset: the price from which on the account may be called
    bool gives_up_ = false;
    std::vector<std::uint32_t> listed_;   // assets with a position or a working order, and some that had one
    std::vector<std::uint32_t> waiting_;  // scratch of price_intents
};

}  // namespace walras::backtest::vectorised
