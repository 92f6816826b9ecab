// The settings of a run, as walras.backtest writes them.
#pragma once

#include "bindings.hpp"
#include "walras/backtest/backtest.hpp"

namespace walras::python {

// The dictionary is made by walras.backtest, which has checked names and types; see there for meanings. Throws
// ConfigError.
backtest::RunConfig config_from_python(const nb::dict& d, model::Universe& universe);

}  // namespace walras::python
