#include "sim_config.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "py_numbers.hpp"
#include "walras/core/error.hpp"
#include "walras/sim/config_fields.hpp"

namespace walras::python {
namespace {

[[noreturn]] void fail(const std::string& where, nb::handle value, const char* wanted) {
    throw ConfigError(fmt::format("{} = {} must be {}.", where, nb::repr(value).c_str(), wanted));
}

// What reads times and numbers anywhere speaks of orders; here they are settings.
template <class Read>
auto as_setting(Read read) {
    try {
        return read();
    } catch (const OrderError& error) { throw ConfigError(error.what()); }
}

template <class T>
inline constexpr bool has_fields = requires(T& t) { sim::visit(t, [](const char*, auto&) {}); };

// ---- from Python

template <class T>
void read(const nb::handle value, const std::string& where, T& out);

void read_struct(const nb::handle value, const std::string& where, auto& out) {
    if (!nb::isinstance<nb::dict>(value)) { fail(where, value, "a table of settings"); }
    const auto given = nb::cast<nb::dict>(value);
    std::vector<std::string_view> names;
    std::size_t known = 0;
    sim::visit(out, [&](const char* name, auto& field) {
        names.emplace_back(name);
        if (!given.contains(name)) { return; }
        ++known;
        read(given[name], where.empty() ? name : where + "." + name, field);
    });
    if (known == given.size()) { return; }
    for (const auto& [key, item] : given) {
        const std::string name = nb::str(key).c_str();
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            throw ConfigError(fmt::format("Unknown key {}{}{}{}.", where, where.empty() ? "" : ".", name,
                                          core::did_you_mean(name, names)));
        }
    }
}

template <class Integer>
constexpr const char* whole_range() {
    if (std::is_signed_v<Integer>) { return "a whole number of 64 bits"; }
    return sizeof(Integer) == 4 ? "a whole number, 0 to 4294967295" : "a whole number, not negative, of 64 bits";
}

template <class Integer>
Integer whole_number(const nb::handle value, const std::string& where) {
    if (!PyLong_Check(value.ptr()) || PyBool_Check(value.ptr())) { fail(where, value, "a whole number"); }
    Integer out{};
    if (!nb::try_cast<Integer>(value, out)) { fail(where, value, whole_range<Integer>()); }
    return out;
}

template <class Enum, class Parse>
Enum word(const nb::handle value, const std::string& where, const char* wanted, Parse parse) {
    std::string text;
    if (nb::try_cast<std::string>(value, text)) {
        if (const auto found = parse(text)) { return *found; }
    }
    fail(where, value, wanted);
}

template <class T>
void read(const nb::handle value, const std::string& where, T& out) {
    if constexpr (has_fields<T>) {
        read_struct(value, where, out);
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (!nb::try_cast<std::string>(value, out)) { fail(where, value, "text"); }
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!PyBool_Check(value.ptr())) { fail(where, value, "true or false"); }
        out = value.is(nb::handle(Py_True));
    } else if constexpr (std::is_integral_v<T>) {
        out = whole_number<T>(value, where);
    } else if constexpr (std::is_same_v<T, double>) {
        if (PyBool_Check(value.ptr()) || !nb::try_cast<double>(value, out) || !std::isfinite(out)) {
            fail(where, value, "a number");
        }
    } else if constexpr (std::is_same_v<T, Price>) {
        out = Price{setting_from_python(value, where.c_str())};
    } else if constexpr (std::is_same_v<T, Money>) {
        out = Money{setting_from_python(value, where.c_str())};
    } else if constexpr (std::is_same_v<T, Rate>) {
        out = Rate{setting_from_python(value, where.c_str())};
    } else if constexpr (std::is_same_v<T, Quantity>) {
        out = Quantity{whole_number<std::int64_t>(value, where)};
    } else if constexpr (std::is_same_v<T, TimeNs>) {
        out = as_setting([&] { return time_from_python(value, where.c_str()); });
    } else if constexpr (std::is_same_v<T, DurationNs>) {
        out = as_setting([&] { return duration_from_python(value, where.c_str()); });
    } else if constexpr (std::is_same_v<T, sim::Sector>) {
        out = word<T>(value, where,
                      "one of: tech, finance, healthcare, consumer, industrials, utilities, real_estate, "
                      "communications",
                      sim::parse_sector);
    } else if constexpr (std::is_same_v<T, sim::Clock>) {
        out = word<T>(value, where, "ticks or events", sim::parse_clock);
    } else if constexpr (std::is_same_v<T, sim::Regime>) {
        out = word<T>(value, where, "one of: calm, normal, turbulent, crisis", sim::parse_regime);
    } else if constexpr (std::is_same_v<T, sim::Mechanism>) {
        out = word<T>(value, where, "continuous or auction", sim::parse_mechanism);
    } else if constexpr (std::is_same_v<T, book::AuctionRule>) {
        out = word<T>(value, where, "max_volume or weighted_reference", book::parse_auction_rule);
    } else if constexpr (std::is_same_v<T, std::map<std::string, core::Value>>) {
        if (!nb::isinstance<nb::dict>(value)) { fail(where, value, "a table of parameters"); }
        out.clear();
        for (const auto& [key, item] : nb::cast<nb::dict>(value)) {
            const std::string name = nb::str(key).c_str();
            out[name] = value_from_python(item, fmt::format("{}.{}", where, name));
        }
    } else if constexpr (requires {
                             typename T::value_type;
                             out.has_value();
                         }) {
        if (value.is_none()) {
            out.reset();
        } else {
            read(value, where, out.emplace());
        }
    } else {
        if (!nb::isinstance<nb::sequence>(value) || nb::isinstance<nb::str>(value)) { fail(where, value, "a list"); }
        out.clear();
        std::size_t i = 0;
        for (const nb::handle item : nb::cast<nb::sequence>(value)) {
            read(item, fmt::format("{}[{}]", where, i++), out.emplace_back());
        }
    }
}

// ---- to Python

template <class T>
nb::object write(const T& value) {
    if constexpr (has_fields<const T>) {
        nb::dict out;
        sim::visit(value, [&out](const char* name, const auto& field) { out[name] = write(field); });
        return out;
    } else if constexpr (std::is_same_v<T, std::string> || std::is_arithmetic_v<T>) {
        return nb::cast(value);
    } else if constexpr (std::is_same_v<T, Price> || std::is_same_v<T, Rate> || std::is_same_v<T, Money>) {
        return nb::cast(value.to_double());
    } else if constexpr (std::is_same_v<T, Quantity>) {
        return nb::cast(value.lots);
    } else if constexpr (std::is_same_v<T, TimeNs>) {
        return nb::cast(value.ns);
    } else if constexpr (std::is_same_v<T, DurationNs>) {
        return nb::cast(static_cast<double>(value.ns) / 1e9);
    } else if constexpr (std::is_enum_v<T>) {
        return nb::cast(std::string{to_string(value)});
    } else if constexpr (std::is_same_v<T, std::map<std::string, core::Value>>) {
        nb::dict out;
        for (const auto& [name, item] : value) { out[name.c_str()] = value_to_python(item); }
        return out;
    } else if constexpr (requires { value.has_value(); }) {
        return value ? write(*value) : nb::none();
    } else {
        nb::list out;
        for (const auto& item : value) { out.append(write(item)); }
        return out;
    }
}

}  // namespace

core::Value value_from_python(nb::handle value, const std::string& where) {
    if (PyBool_Check(value.ptr())) { return value.is(nb::handle(Py_True)); }
    if (PyLong_Check(value.ptr())) { return whole_number<std::int64_t>(value, where); }
    double number = 0;
    if (PyFloat_Check(value.ptr()) && nb::try_cast<double>(value, number)) { return number; }
    std::string text;
    if (nb::try_cast<std::string>(value, text)) { return text; }
    fail(where, value, "a number, true, false or text");
}

nb::object value_to_python(const core::Value& value) {
    return std::visit([](const auto& v) -> nb::object { return nb::cast(v); }, value);
}

sim::MarketConfig market_config_from_python(const nb::dict& given) {
    sim::MarketConfig config;
    read_struct(given, "", config);
    return config;
}

nb::dict market_config_to_python(const sim::MarketConfig& config) { return nb::cast<nb::dict>(write(config)); }

}  // namespace walras::python
