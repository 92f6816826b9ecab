// The catalogue of indicators: name, inputs, outputs, parameters, formula and source of each, and how to make it.
// Python's functions and classes, their documentation and the tables of the docs are made from it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walras/core/schema.hpp"
#include "walras/features/indicator.hpp"
#include "walras/features/moving_average.hpp"

namespace walras::features {

struct Spec {
    std::string name;                  // function in Python: "rsi"
    std::string class_name;            // class in Python: "Rsi"
    std::string title;                 // "Relative strength index"
    std::string group;                 // "average", "momentum", "volatility", "volume", "trend", "statistics", "candle"
    std::vector<std::string> inputs;   // of "values", "open", "high", "low", "close", "volume", ...
    std::vector<std::string> outputs;  // one: its own name; several: "macd", "signal", "histogram"
    std::vector<core::Parameter> parameters;
    std::string formula;  // in words and symbols, with the source and the conventions (seed, ddof, warm-up)
    std::string talib;    // the TA-Lib function with the same numbers; empty if there is none
    std::function<std::unique_ptr<Indicator>(const core::Parameters&)> make;
};

std::span<const Spec> catalog();                        // by name
const Spec& describe_indicator(std::string_view name);  // ConfigError naming near ones
std::unique_ptr<Indicator> make_indicator(std::string_view name, const std::map<std::string, core::Value>& given = {});

// The parts of the catalogue, one function a source file.
void add_averages(std::vector<Spec>& out);    // catalog_averages.cpp
void add_momentum(std::vector<Spec>& out);    // catalog_momentum.cpp
void add_trend(std::vector<Spec>& out);       // catalog_trend.cpp
void add_volume(std::vector<Spec>& out);      // catalog_volume.cpp
void add_volatility(std::vector<Spec>& out);  // catalog_volatility.cpp
void add_statistics(std::vector<Spec>& out);  // catalog_statistics.cpp
void add_candles(std::vector<Spec>& out);     // catalog_candles.cpp

// Shorthand for the parts.
core::Parameter period_parameter(std::int64_t value, std::int64_t least = 1, std::string name = "period",
                                 std::string help = "Length of the window.");
core::Parameter number_parameter(std::string name, double value, double least, double most, std::string help);
core::Parameter seed_parameter();
EmaSeed seed_of(const core::Parameters& parameters);

std::vector<core::Parameter> periods(std::initializer_list<std::pair<const char*, std::int64_t>> names_and_values);
std::function<std::unique_ptr<Indicator>(const core::Parameters&)> made_of(auto node_from) {
    return [node_from](const core::Parameters& p) { return as_indicator(node_from(p)); };
}
// A node whose constructor takes these whole numbers.
template <class Node, class... Names>
std::function<std::unique_ptr<Indicator>(const core::Parameters&)> node(Names... names) {
    return [=](const core::Parameters& p) { return as_indicator(Node(p.integer(names)...)); };
}

}  // namespace walras::features
