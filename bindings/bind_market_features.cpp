// Features of a market and models that read them; python/walras/features.py adds names and shapes.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "py_models.hpp"
#include "walras/core/error.hpp"
#include "walras/core/schema.hpp"
#include "walras/sim/market.hpp"

namespace walras::python {

nb::object matrix_to_numpy(std::vector<double>&& values, std::size_t rows, std::size_t columns) {
    auto* owned = new std::vector<double>(std::move(values));
    nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
    const std::size_t shape[2] = {rows, columns};
    return nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<2>>(owned->data(), 2, shape, owner));
}

std::optional<features::Missing> missing_from_python(const std::optional<std::string>& text) {
    if (!text) { return std::nullopt; }
    const auto found = features::parse_missing(*text);
    if (!found) {
        throw ConfigError(fmt::format("missing = \"{}\" must be \"neutral\", \"minus_one\" or None.", *text));
    }
    return found;
}

std::vector<std::uint8_t> places_from_python(const std::vector<std::string>& names) {
    std::vector<std::string_view> known;
    for (const features::MarketFeature& feature : features::market_features()) { known.push_back(feature.name); }
    std::vector<std::uint8_t> out;
    for (const std::string& name : names) {
        const auto place = features::find_market_feature(name);
        if (!place) {
            throw ConfigError(fmt::format("There is no feature \"{}\"{}; wl.features.market_features() lists them.",
                                          name, core::did_you_mean(name, known)));
        }
        out.push_back(static_cast<std::uint8_t>(*place));
    }
    return out;
}

// Features of all symbols after the last tick: one row a symbol.
nb::object feature_rows(const sim::Market& market, const std::vector<std::string>& names,
                        const std::optional<std::string>& missing) {
    const std::vector<std::uint8_t> places = places_from_python(names);
    const std::optional<features::Missing> stands = missing_from_python(missing);
    const auto& symbols = market.config().symbols;
    std::vector<double> out;
    out.reserve(symbols.size() * places.size());
    for (std::size_t s = 0; s < symbols.size(); ++s) {
        if (!market.models().extracts(s)) {
            throw ConfigError(
                fmt::format("No features of {} are extracted; set features = true in the market's "
                            "configuration.",
                            symbols[s].name));
        }
        features::MarketRow row = market.models().row(s);
        if (stands) { features::impute(row, *stands); }
        for (const std::uint8_t place : places) { out.push_back(row[place]); }
    }
    return matrix_to_numpy(std::move(out), symbols.size(), places.size());
}

namespace {

using Values = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rows = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

nb::list feature_table() {
    nb::list out;
    std::size_t index = 0;
    for (const features::MarketFeature& feature : features::market_features()) {
        nb::dict row;
        row["index"] = index;
        row["name"] = std::string{feature.name};
        row["group"] = std::string{feature.group};
        row["unit"] = std::string{feature.unit};
        row["formula"] = std::string{feature.formula};
        row["neutral"] = feature.neutral;
        row["least"] = feature.least;
        row["most"] = feature.most;
        row["canonical"] = feature.is_canonical;
        row["minimal"] = index < features::features_of(features::FeatureSet::minimal).size();
        out.append(row);
        ++index;
    }
    return out;
}

struct PyMarketFeatures {
    features::MarketFeatures extractor;
    explicit PyMarketFeatures(int candle) : extractor(candle) {}
};

features::MarketObservation observation_from(const std::vector<double>& v) {
    return {.mid = v[0],
            .last = v[1],
            .bid = v[2],
            .ask = v[3],
            .bid_size = v[4],
            .ask_size = v[5],
            .volume = v[6],
            .net_flow = v[7],
            .trades = v[8],
            .fair = v[9],
            .sentiment = v[10],
            .magnitude = v[11],
            .news_left = v[12]};
}
constexpr std::size_t observation_columns = 13;

nb::object extract(const std::vector<Values>& columns, int candle, const std::vector<std::string>& names,
                   const std::optional<std::string>& missing) {
    if (columns.size() != observation_columns) { throw ConfigError("An observation has thirteen numbers."); }
    const std::size_t rows = columns.front().size();
    std::vector<features::MarketObservation> observations;
    observations.reserve(rows);
    std::vector<double> one(observation_columns);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t k = 0; k < observation_columns; ++k) { one[k] = columns[k].data()[i]; }
        observations.push_back(observation_from(one));
    }
    const std::vector<std::uint8_t> places = places_from_python(names);
    const std::optional<features::Missing> stands = missing_from_python(missing);
    std::vector<double> out(rows * places.size());
    {
        const nb::gil_scoped_release release;
        features::extract_market_features(observations, candle, places, stands, out);
    }
    return matrix_to_numpy(std::move(out), rows, places.size());
}

nb::object predict(const PyModel& model, const Rows& rows) {
    const std::size_t inputs = model.file.model->inputs();
    if (rows.shape(1) != inputs) {
        throw DataError(fmt::format("Rows of {} features for a model of {}; give its `features` in their order.",
                                    rows.shape(1), inputs));
    }
    const std::size_t n = rows.shape(0);
    std::vector<double> out(n * features::class_count);
    {
        const nb::gil_scoped_release release;
        const double* row = rows.data();
        for (std::size_t i = 0; i < n; ++i, row += inputs) {
            for (std::size_t k = 0; k < inputs; ++k) {
                if (!std::isfinite(row[k])) {
                    throw DataError(fmt::format("Row {}: {} = {} is not finite; impute what is missing first.", i,
                                                model.file.features[k], row[k]));
                }
            }
            const features::Probabilities p = model.file.model->predict(row);
            out[3 * i] = p.sell;
            out[3 * i + 1] = p.hold;
            out[3 * i + 2] = p.buy;
        }
    }
    return matrix_to_numpy(std::move(out), n, features::class_count);
}

}  // namespace

void bind_market_features(nb::module_& m) {
    m.def("market_features", &feature_table, "The table of features of a market, in the order of their rows.");
    m.def(
        "market_feature_set",
        [](const std::string& name) {
            const auto set = features::parse_feature_set(name);
            if (!set) { throw ConfigError(fmt::format("features = \"{}\" must be canonical, minimal or full.", name)); }
            std::vector<std::string> out;
            for (const std::uint8_t place : features::features_of(*set)) {
                out.emplace_back(features::market_features()[place].name);
            }
            return out;
        },
        nb::arg("name"), "Names of the features of a set.");
    m.def("extract_market_features", &extract, nb::arg("columns"), nb::arg("candle_observations"), nb::arg("names"),
          nb::arg("missing").none(), "Rows of features of thirteen columns of observations.");
    nb::class_<PyMarketFeatures>(m, "MarketFeatureStream", "Features of a market, one observation at a time.")
        .def(nb::init<int>(), nb::arg("candle_observations"))
        .def(
            "update",
            [](PyMarketFeatures& self, const std::vector<double>& values) {
                if (values.size() != observation_columns) { throw ConfigError("An observation has thirteen numbers."); }
                const features::MarketObservation observation = observation_from(values);
                features::require_sane(observation);
                self.extractor.update(observation);
            },
            nb::arg("values"))
        .def(
            "row",
            [](const PyMarketFeatures& self, const std::vector<std::string>& names,
               const std::optional<std::string>& missing) {
                features::MarketRow row = self.extractor.raw();
                if (const auto stands = missing_from_python(missing)) { features::impute(row, *stands); }
                std::vector<double> out;
                for (const std::uint8_t place : places_from_python(names)) { out.push_back(row[place]); }
                return to_numpy(std::move(out));
            },
            nb::arg("names"), nb::arg("missing").none())
        .def("save",
             [](const PyMarketFeatures& self) {
                 const auto bytes = self.extractor.save();
                 return nb::bytes(bytes.data(), bytes.size());
             })
        .def(
            "load",
            [](PyMarketFeatures& self, const nb::bytes& state) {
                self.extractor.load({static_cast<const std::byte*>(state.data()), state.size()});
            },
            nb::arg("state"));
    nb::class_<PyModel>(m, "FeatureModel", "A model that was read from JSON.")
        .def_static(
            "read", [](const std::string& path) { return PyModel{features::read_model_file(path)}; }, nb::arg("path"))
        .def_static(
            "parse",
            [](const std::string& text, const std::string& name) { return PyModel{features::read_model(text, name)}; },
            nb::arg("text"), nb::arg("name"))
        .def_prop_ro("type", [](const PyModel& self) { return std::string{to_string(self.file.model->type())}; })
        .def_prop_ro("features", [](const PyModel& self) { return self.file.features; })
        .def_prop_ro("missing", [](const PyModel& self) { return std::string{to_string(self.file.missing)}; })
        .def_prop_ro("about", [](const PyModel& self) { return self.file.about; })
        .def("predict", &predict, nb::arg("rows"));
}

}  // namespace walras::python
