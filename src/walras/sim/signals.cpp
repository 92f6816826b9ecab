#include "walras/sim/signals.hpp"

#include <fmt/format.h>

#include <array>

#include "walras/core/error.hpp"
#include "walras/features/catalog.hpp"

namespace walras::sim {
namespace {

constexpr std::array<const char*, 5> parts{"open", "high", "low", "close", "volume"};
constexpr std::uint8_t close_part = 3;

std::uint8_t part_of(const std::string& indicator, const std::string& input) {
    if (input == "values" || input == "x") { return close_part; }
    for (std::uint8_t i = 0; i < parts.size(); ++i) {
        if (input == parts[i]) { return i; }
    }
    throw ConfigError(
        fmt::format("Indicator {} reads \"{}\", which candles do not have; choose one that reads open, "
                    "high, low, close, volume or values.",
                    indicator, input));
}

std::string key_of(const std::string& indicator, const std::map<std::string, core::Value>& parameters) {
    std::string key = indicator;
    for (const auto& [name, value] : parameters) {
        key += fmt::format(",{}=", name);
        std::visit([&key](const auto& x) { key += fmt::format("{}", x); }, value);
    }
    return key;
}

}  // namespace

SignalId SignalBoard::request(const std::string& indicator, const std::map<std::string, core::Value>& parameters,
                              std::size_t output) {
    const std::string key = key_of(indicator, parameters);
    for (const Source& source : sources_) {
        if (source.key == key) { return source.first + static_cast<SignalId>(output); }
    }
    const features::Spec& spec = features::describe_indicator(indicator);
    Source source{key, features::make_indicator(indicator, parameters), {}, outputs_};
    source.inputs.reserve(spec.inputs.size());
    for (const std::string& input : spec.inputs) { source.inputs.push_back(part_of(indicator, input)); }
    const std::size_t outputs = source.prototype->outputs();
    if (output >= outputs) {
        throw ConfigError(
            fmt::format("Indicator {} has {} outputs, not one of number {}.", indicator, outputs, output));
    }
    outputs_ += static_cast<std::uint32_t>(outputs);
    sources_.push_back(std::move(source));
    return sources_.back().first + static_cast<SignalId>(output);
}

void SignalBoard::open() {
    for (Column& column : of_symbol_) {
        column.indicators.clear();
        column.indicators.reserve(sources_.size());
        for (const Source& source : sources_) { column.indicators.push_back(source.prototype->clone()); }
        column.now.assign(outputs_, features::not_ready);
        column.before = column.now;
    }
}

void SignalBoard::update(std::size_t symbol, const Candle& candle) {
    Column& column = of_symbol_[symbol];
    const std::array<double, 5> values{candle.open, candle.high, candle.low, candle.close, candle.volume};
    column.before.swap(column.now);
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        const Source& source = sources_[i];
        std::array<double, features::detail::NodeIndicator::max_columns> in{};
        for (std::size_t k = 0; k < source.inputs.size(); ++k) { in[k] = values[source.inputs[k]]; }
        column.indicators[i]->update(in.data(), column.now.data() + source.first);
    }
}

void SignalBoard::save(core::ArchiveWriter& out) const {
    for (const Column& column : of_symbol_) {
        for (const auto& indicator : column.indicators) { out.bytes(indicator->save()); }
        out.array(column.now);
        out.array(column.before);
    }
}

void SignalBoard::load(core::ArchiveReader& in) {
    for (Column& column : of_symbol_) {
        for (const auto& indicator : column.indicators) { indicator->load(in.bytes()); }
        in.array(column.now);
        in.array(column.before);
        if (column.now.size() != outputs_ || column.before.size() != outputs_) {
            throw DataError("This checkpoint is of a market with other indicators.");
        }
    }
}

}  // namespace walras::sim
