#include "walras/features/catalog.hpp"

#include <algorithm>

namespace walras::features {

std::span<const Spec> catalog() {
    static const std::vector<Spec> all = [] {
        std::vector<Spec> specs;
        add_averages(specs);
        add_momentum(specs);
        add_trend(specs);
        add_volume(specs);
        add_volatility(specs);
        add_statistics(specs);
        add_candles(specs);
        std::ranges::sort(specs, {}, &Spec::name);
        return specs;
    }();
    return all;
}

const Spec& describe_indicator(std::string_view name) {
    const auto all = catalog();
    const auto found = std::ranges::find(all, name, &Spec::name);
    if (found == all.end()) {
        std::vector<std::string_view> names;
        for (const Spec& spec : all) { names.emplace_back(spec.name); }
        throw ConfigError(fmt::format("There is no indicator \"{}\"{}; dir(walras.indicators) lists them.", name,
                                      core::did_you_mean(name, names)));
    }
    return *found;
}

std::unique_ptr<Indicator> make_indicator(std::string_view name, const std::map<std::string, core::Value>& given) {
    const Spec& spec = describe_indicator(name);
    return spec.make(core::check(spec.name, spec.parameters, given));
}

core::Parameter period_parameter(std::int64_t value, std::int64_t least, std::string name, std::string help) {
    return {std::move(name), value, static_cast<double>(least), 10'000'000, "observations", std::move(help)};
}

std::vector<core::Parameter> periods(std::initializer_list<std::pair<const char*, std::int64_t>> names_and_values) {
    std::vector<core::Parameter> out;
    for (const auto& [name, value] : names_and_values) {
        out.push_back(period_parameter(value, 1, name, fmt::format("Length of the window \"{}\".", name)));
    }
    return out;
}

core::Parameter number_parameter(std::string name, double value, double least, double most, std::string help) {
    return {std::move(name), value, least, most, "", std::move(help)};
}

core::Parameter seed_parameter() {
    return {"seed",
            std::string{"sma"},
            0,
            0,
            "",
            "How it begins: with the mean of the first `period` values (\"sma\", TA-Lib) or with the first value "
            "(\"first\").",
            {"sma", "first"}};
}

EmaSeed seed_of(const core::Parameters& parameters) {
    return parameters.text("seed") == "first" ? EmaSeed::first : EmaSeed::sma;
}

}  // namespace walras::features
