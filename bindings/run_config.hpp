// The settings of a run as walras.backtest prepares them; shared by what runs one backtest and what runs many.
#pragma once

#include <string>

#include "bindings.hpp"
#include "walras/backtest/backtest.hpp"
#include "walras/strategy/registry.hpp"

namespace walras::python {

// A bool, a number or text as a strategy's parameter; throws ConfigError naming the parameter.
strategy::Value strategy_value(nb::handle value, const std::string& name);
// The dictionary is made by walras.backtest, which has checked names and types; see there for meanings. Throws
// ConfigError.
backtest::RunConfig run_config(const nb::dict& settings, model::Universe& universe);

}  // namespace walras::python
