#include "walras/model/execution.hpp"

#include <algorithm>
#include <array>

namespace walras::model {
namespace {

constexpr std::array<std::string_view, 4> algorithms{"twap", "vwap", "pov", "iceberg"};
constexpr std::array<std::string_view, 2> urgencies{"passive", "aggressive"};
constexpr std::array<std::string_view, 6> statuses{"pending", "working", "closing", "filled", "expired", "canceled"};

template <class Enum, std::size_t Count>
std::optional<Enum> parse(const std::array<std::string_view, Count>& names, std::string_view text) {
    const auto found = std::ranges::find(names, text);
    if (found == names.end()) { return std::nullopt; }
    return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(ExecutionAlgorithm a) { return algorithms[static_cast<std::size_t>(a)]; }
std::string_view to_string(Urgency u) { return urgencies[static_cast<std::size_t>(u)]; }
std::string_view to_string(ExecutionStatus s) { return statuses[static_cast<std::size_t>(s)]; }
std::optional<ExecutionAlgorithm> parse_execution_algorithm(std::string_view text) {
    return parse<ExecutionAlgorithm>(algorithms, text);
}
std::optional<Urgency> parse_urgency(std::string_view text) { return parse<Urgency>(urgencies, text); }

double ExecutionState::average_price(std::int64_t lot_value) const {
    if (filled.is_zero()) { return 0; }
    return filled_notional.to_double() / (static_cast<double>(filled.lots) * (static_cast<double>(lot_value) / 1e9));
}

double ExecutionState::slippage_bps(std::int64_t lot_value) const {
    if (filled.is_zero() || arrival.is_zero()) { return 0; }
    const double before = arrival.to_double();
    return static_cast<double>(sign(request.side)) * (average_price(lot_value) - before) / before * 1e4;
}

double ExecutionState::shortfall_bps(std::int64_t lot_value) const {
    if (arrival.is_zero() || request.quantity.is_zero()) { return 0; }
    const double before = arrival.to_double();
    const double part = static_cast<double>(filled.lots) / static_cast<double>(request.quantity.lots);
    const double missed = last_mid.is_zero() ? 0 : (last_mid.to_double() - before) / before * 1e4;
    return part * slippage_bps(lot_value) + (1 - part) * static_cast<double>(sign(request.side)) * missed;
}

}  // namespace walras::model
