// The result of a run as columns that Python makes frames of.
#pragma once

#include <string>
#include <vector>

#include "bindings.hpp"
#include "walras/backtest/backtest.hpp"

namespace walras::python {

// NumPy arrays share the result's memory; words are codes with the names of all values.
nb::dict result_columns(backtest::Result&& from, const model::Universe& universe, const std::vector<std::string>& tags);

}  // namespace walras::python
