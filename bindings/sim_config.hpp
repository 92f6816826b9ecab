// Configurations of simulated markets as Python dictionaries, by the names of sim/config_fields.hpp.
#pragma once

#include "bindings.hpp"
#include "walras/sim/config.hpp"

namespace walras::python {

// What is not given keeps its default; throws ConfigError that names the place of an unknown key or a wrong value.
sim::MarketConfig market_config_from_python(const nb::dict& given);
nb::dict market_config_to_python(const sim::MarketConfig& config);
// One value as a parameter of a schema.
core::Value value_from_python(nb::handle value, const std::string& where);
nb::object value_to_python(const core::Value& value);

}  // namespace walras::python
