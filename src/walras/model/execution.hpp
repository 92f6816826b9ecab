// A parent order and what becomes of it: a quantity to buy or sell that an algorithm (exec/algorithms.hpp) slices into
// child orders. Plain data. Definitions with sources: docs/concepts/execution.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/core/time.hpp"
#include "walras/model/enums.hpp"

namespace walras::model {

enum class ExecutionAlgorithm : std::uint8_t {
    twap,     // equal slices at equal intervals
    vwap,     // slices as a curve of volume says
    pov,      // a part of what the market trades
    iceberg,  // shows `display` at a time
};

enum class Urgency : std::uint8_t {
    passive,     // rests at the near touch and follows it
    aggressive,  // takes: market orders, or immediate-or-cancel at the limit
};

enum class ExecutionStatus : std::uint8_t {
    pending,   // before its start
    working,   // sends children
    closing,   // its time is over: waits for the last answers
    filled,    // all of it
    expired,   // its time is over, something is left
    canceled,  // by its strategy, by the house, or by the end of the run
};

constexpr bool is_final(ExecutionStatus s) { return s >= ExecutionStatus::filled; }

std::string_view to_string(ExecutionAlgorithm);
std::string_view to_string(Urgency);
std::string_view to_string(ExecutionStatus);
std::optional<ExecutionAlgorithm> parse_execution_algorithm(std::string_view);
std::optional<Urgency> parse_urgency(std::string_view);

// What a strategy asks for. Fields of other algorithms are not looked at.
struct ExecutionRequest {
    InstrumentId instrument{};
    OrderSide side = OrderSide::buy;
    Quantity quantity{};  // lots, positive
    ExecutionAlgorithm algorithm = ExecutionAlgorithm::twap;
    Urgency urgency = Urgency::passive;
    Price limit{};            // no child trades beyond it; zero: none
    TimeNs start = time_min;  // time_min: now
    DurationNs duration{};    // from the start; 0: until filled or the end of the run (pov, iceberg)
    bool sweep = false;       // at the end what is left takes what is there, within the limit; not for pov

    // twap, vwap
    int slices = 0;               // 0: twap 10, vwap one for each bucket of the curve
    double randomize = 0;         // twap: each slice comes later by up to this fraction of the interval, 0 to 1
    std::uint64_t seed = 0;       // of `randomize`
    std::vector<double> curve{};  // vwap: weights of equal parts of the duration; empty: learnt from volume seen so far

    // pov
    double rate = 0.1;     // of the volume that others trade while it works
    double max_rate = 0;   // of any stretch of it, catching up included; 0: `rate`
    Quantity min_clip{1};  // smallest child, but for the last
    Quantity max_clip{};   // most at work at once; 0: a twentieth of the quantity, at least `min_clip`

    Quantity display{};  // iceberg: the largest child
};

// How far it is. What is not known yet is zero.
struct ExecutionState {
    ExecutionId id{};
    StrategyId strategy{};
    ExecutionRequest request;
    ExecutionStatus status = ExecutionStatus::pending;
    Reason reason = Reason::none;  // of a cancellation
    TimeNs start{};
    TimeNs end = time_max;  // when its time is over
    TimeNs finished{};      // when it became final
    Quantity filled{};
    Money filled_notional{};  // unsigned
    std::uint32_t children = 0;
    std::uint32_t refused = 0;  // children that the gate denied or the venue rejected
    Price arrival{};            // mid at the start, or the first price after it
    Price last_mid{};           // as it ended
    double market_volume = 0;   // lots that others traded while it worked
    double market_value = 0;    // ... times their prices

    [[nodiscard]] Quantity leaves() const { return request.quantity - filled; }
    [[nodiscard]] bool is_open() const { return !is_final(status); }
    // Of what was filled, in price units; 0 before a fill. `lot_value`: Instrument::lot_value.
    [[nodiscard]] double average_price(std::int64_t lot_value) const;
    [[nodiscard]] double market_vwap() const { return market_volume > 0 ? market_value / market_volume : 0; }
    [[nodiscard]] double participation() const {
        return market_volume > 0 ? static_cast<double>(filled.lots) / market_volume : 0;
    }
    // The average against the arrival price in basis points; positive is worse.
    [[nodiscard]] double slippage_bps(std::int64_t lot_value) const;
    // Perold (1988): the same over the whole quantity, what is not filled valued at `last_mid`; without fees.
    [[nodiscard]] double shortfall_bps(std::int64_t lot_value) const;
};

}  // namespace walras::model
