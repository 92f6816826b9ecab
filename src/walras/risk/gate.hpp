// The risk gate: every order and every replace passes here, and only here can an Approved<T> be made.
//
// One session owns a gate; no locks. The gate knows the open orders by their exposure (`track`), the positions by the
// portfolio, and assumes the worst: all open buys fill, or all open sells do. Reduce-only orders do not count: their
// venue never lets them trade beyond the position, so a stop and a target may both cover it. Of siblings on one side
// that cancel or shrink each other (oco, ouo) only the largest counts, so a latency that lets both trade is not
// covered.
#pragma once

#include <deque>
#include <expected>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "walras/model/approved.hpp"
#include "walras/portfolio/portfolio.hpp"
#include "walras/risk/limits.hpp"

namespace walras::risk {

struct Refusal {
    model::Reason reason = model::Reason::none;
    double value = 0;  // what was asked for, in the limit's unit
    double limit = 0;
};
// Fact, value, remedy: "quantity 500 lots exceeds 100 lots; ..."
std::string describe(const Refusal& refusal);

class RiskGate {
public:
    RiskGate(const model::Universe& universe, RiskLimits limits);

    [[nodiscard]] std::expected<model::Approved<model::Order>, Refusal> review(const model::Order& order,
                                                                               const portfolio::Portfolio& portfolio,
                                                                               TimeNs now);
    [[nodiscard]] std::expected<model::Approved<model::Replace>, Refusal> review(const model::Replace& replace,
                                                                                 const model::Order& order,
                                                                                 const portfolio::Portfolio& portfolio,
                                                                                 TimeNs now);
    // An order that may trade changed from `before` to `after` leaves (lots, signed by side).
    void track(const model::Order& order, Quantity before, Quantity after);
    // Equity after a slice of events; only needed when limits().watches_equity().
    void watch(Money equity, TimeNs now);

    void set_state(TradingState state) { state_ = state; }
    [[nodiscard]] TradingState state() const { return state_; }
    [[nodiscard]] const RiskLimits& limits() const { return limits_; }

private:
    struct Exposure {
        Quantity open_buys{};
        Quantity open_sells{};  // positive
    };
    using Siblings = std::vector<std::pair<OrderId, Quantity>>;  // open lots, unsigned
    using Verdict = std::expected<void, Refusal>;

    [[nodiscard]] Verdict check_trading_state(bool reduces) const;
    [[nodiscard]] Verdict check_terms(const model::Order& order, const portfolio::Portfolio& portfolio,
                                      TimeNs now) const;
    [[nodiscard]] bool can_judge(const model::Order& order, const portfolio::Portfolio& portfolio,
                                 bool whole_account) const;
    [[nodiscard]] Verdict check_size(const model::Order& order, const portfolio::Portfolio& portfolio,
                                     Price price) const;
    [[nodiscard]] Verdict check_position(const model::Order& order, const portfolio::Portfolio& portfolio) const;
    [[nodiscard]] Verdict check_exposure(const model::Order& order, const portfolio::Portfolio& portfolio,
                                         Price price) const;
    [[nodiscard]] Verdict check_cash(const model::Order& order, const portfolio::Portfolio& portfolio,
                                     Price price) const;
    [[nodiscard]] Verdict check_margin(const model::Order& order, const portfolio::Portfolio& portfolio,
                                       Price price) const;
    [[nodiscard]] Verdict check_rate(TimeNs now);
    [[nodiscard]] bool reduces(const model::Order& order, const portfolio::Portfolio& portfolio) const;
    // Reduce-only: within the position that it closes, which is the strategy's own.
    [[nodiscard]] static bool closes(const model::Order& order, const portfolio::Portfolio& portfolio);
    // By how many lots the order raises what may trade on its side.
    [[nodiscard]] Quantity added(const model::Order& order) const;
    Quantity track_linked(const model::Order& order, Quantity leaves);
    [[nodiscard]] static Quantity largest(const Siblings& siblings);
    // Largest |position| that the open orders and `extra` could lead to.
    [[nodiscard]] Quantity worst_quantity(InstrumentId instrument, const portfolio::Portfolio& portfolio,
                                          Quantity extra) const;
    [[nodiscard]] Quantity worst_with(const model::Order& order, const portfolio::Portfolio& portfolio) const;
    [[nodiscard]] Money open_buy_value(const portfolio::Portfolio& portfolio, AccountId account) const;

    const model::Universe& universe_;
    RiskLimits limits_;
    TradingState state_ = TradingState::active;
    model::Reason halt_ = model::Reason::none;  // why only reductions pass, when a loss limit was hit
    std::vector<Exposure> exposure_;            // by instrument
    std::map<std::tuple<OrderListId, InstrumentId, model::OrderSide>, Siblings> linked_;  // open ones
    std::vector<InstrumentId> traded_;  // instruments that ever had an order, in the order of the first
    std::deque<TimeNs> recent_;         // approvals within the last second, when the rate is limited
    std::int64_t day_ = INT64_MIN;
    Money day_start_{};
    Money last_{};
    Money peak_{};
};

}  // namespace walras::risk
