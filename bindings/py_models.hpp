// Features of a market and models as Python holds them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "walras/features/models/model_file.hpp"

namespace walras::sim {
class Market;
}

namespace walras::python {

struct PyModel {
    features::ModelFile file;
};

// rows * columns numbers as a matrix that owns them.
nb::object matrix_to_numpy(std::vector<double>&& values, std::size_t rows, std::size_t columns);
// ConfigError for what is no name; None: missing values stay NaN.
std::optional<features::Missing> missing_from_python(const std::optional<std::string>& text);
std::vector<std::uint8_t> places_from_python(const std::vector<std::string>& names);

// Features of all symbols of a simulated market after the last tick, one row a symbol. ConfigError where none are
// extracted.
nb::object feature_rows(const sim::Market& market, const std::vector<std::string>& names,
                        const std::optional<std::string>& missing);

}  // namespace walras::python
