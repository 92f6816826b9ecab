#include "py_numbers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using model::Instrument;

namespace {

std::string shown(nb::handle value) { return nb::repr(value).c_str(); }

}  // namespace

std::int64_t fixed_from_python(nb::handle value, const char* what) {
    if (PyFloat_Check(value.ptr())) {
        const auto raw = core::fixed_from_double(PyFloat_AS_DOUBLE(value.ptr()));
        if (!raw) {
            throw OrderError(fmt::format("{} {}: {}; give a finite number.", what, PyFloat_AS_DOUBLE(value.ptr()),
                                         core::describe(raw.error())));
        }
        return *raw;
    }
    if (PyLong_CheckExact(value.ptr())) {
        int overflow = 0;
        const long long whole = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
        std::int64_t raw = 0;
        if (overflow != 0 || __builtin_mul_overflow(whole, core::fixed_scale, &raw)) {
            throw OrderError(fmt::format("{} {}: {}; give a smaller number.", what, nb::str(value).c_str(),
                                         core::describe(core::DecimalError::out_of_range)));
        }
        return raw;
    }
    const bool numpy_bool = std::string_view{Py_TYPE(value.ptr())->tp_name}.starts_with("numpy.bool");
    if (PyBool_Check(value.ptr()) || numpy_bool) {
        throw OrderError(fmt::format("{} must be a number, not a bool.", what));
    }
    const std::string text = nb::cast<std::string>(nb::str(value));
    const auto raw = core::parse_fixed(text);
    if (!raw) {
        // NumPy floats print like floats; let Python make one of them.
        if (PyNumber_Check(value.ptr()) && !nb::isinstance<nb::str>(value)) {
            const nb::object number = nb::steal(PyNumber_Float(value.ptr()));
            if (number.is_valid()) { return fixed_from_python(number, what); }
            throw nb::python_error();
        }
        throw OrderError(fmt::format("{} \"{}\": {}; give a decimal number with at most nine decimals.", what, text,
                                     core::describe(raw.error())));
    }
    return *raw;
}

std::int64_t setting_from_python(nb::handle value, const char* what) {
    try {
        return fixed_from_python(value, what);
    } catch (const OrderError& error) { throw ConfigError(error.what()); }
}

Quantity quantity_from_python(nb::handle units, const Instrument& instrument, bool may_be_negative) {
    const std::int64_t raw = fixed_from_python(units, "Quantity");
    if (raw % instrument.lot_size != 0) {
        static_cast<void>(
            instrument.quantity_from_units(static_cast<double>(raw) / 1e9));  // throws with the nearest ones
    }
    if (raw < 0 && !may_be_negative) {
        throw OrderError(fmt::format("Quantity {} of {} is negative; sell instead of buying a negative quantity.",
                                     core::format_fixed(raw), instrument.name()));
    }
    return Quantity{raw / instrument.lot_size};
}

Price price_from_python(nb::handle value, const Instrument& instrument, const char* what) {
    const Price price{fixed_from_python(value, what)};
    if (!instrument.on_tick(price)) {
        const Price below = instrument.round_down_to_tick(price);
        throw OrderError(fmt::format("{} {} of {} is not a multiple of its tick size {}; the nearest are {} and {}.",
                                     what, core::format_fixed(price.raw), instrument.name(),
                                     core::format_fixed(instrument.tick_size.raw), core::format_fixed(below.raw),
                                     core::format_fixed((below + instrument.tick_size).raw)));
    }
    return price;
}

Rate rate_from_python(nb::handle value, const char* what, double bound) {
    if (nb::isinstance<nb::str>(value)) {
        std::string text = nb::cast<std::string>(value);
        if (text.ends_with('%')) {
            text.pop_back();
            if (const auto raw = core::parse_fixed(text)) { return Rate{*raw / 100}; }
            throw OrderError(fmt::format("{} {} is not one; write e.g. \"50%\" or 0.5.", what, shown(value)));
        }
    }
    const Rate rate{fixed_from_python(value, what)};
    if (std::abs(rate.to_double()) > bound) {
        const double given = rate.to_double();
        throw OrderError(
            fmt::format("{} {:.9g} would be {:.9g} %; write {:.9g} or \"{:.9g}%\" for {:.9g} percent, and "
                        "\"{:.9g}%\" if that is what you mean.",
                        what, given, given * 100, given / 100, given, given, given * 100));
    }
    return rate;
}

TimeNs time_from_python(nb::handle value, const char* what) {
    const auto outside = [&] {
        return OrderError(
            fmt::format("{} {} is outside the times from 1677 to 2262 that ns UTC can hold.", what, shown(value)));
    };
    if (PyLong_Check(value.ptr()) && !PyBool_Check(value.ptr())) {
        std::int64_t ns = 0;
        if (!nb::try_cast(value, ns)) { throw outside(); }
        return TimeNs{ns};
    }
    nb::object time = nb::borrow(value);
    if (nb::isinstance<nb::str>(time)) {
        try {
            time = nb::module_::import_("datetime").attr("datetime").attr("fromisoformat")(time);
        } catch (const nb::python_error&) {
            throw OrderError(
                fmt::format("{} {} is not ISO 8601; write e.g. 2024-01-02T10:00:00Z.", what, shown(value)));
        }
    }
    if (nb::hasattr(time, "utctimetuple")) {
        if (time.attr("tzinfo").is_none()) {
            throw OrderError(fmt::format(
                "{} {} has no time zone; append Z as in 2024-01-02T10:00:00Z, or give the datetime a tzinfo.", what,
                shown(value)));
        }
        const auto seconds =
            nb::cast<std::int64_t>(nb::module_::import_("calendar").attr("timegm")(time.attr("utctimetuple")()));
        std::int64_t ns = 0;
        // pandas' timestamps count beyond microseconds.
        const auto rest = nb::cast<std::int64_t>(time.attr("microsecond")) * 1000 +
                          nb::cast<std::int64_t>(nb::getattr(time, "nanosecond", nb::int_(0)));
        if (__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &ns) ||
            __builtin_add_overflow(ns, rest, &ns)) {
            throw outside();
        }
        return TimeNs{ns};
    }
    const std::string kind =
        nb::hasattr(time, "dtype") ? nb::cast<std::string>(time.attr("dtype").attr("kind")) : std::string();
    if (kind == "M" || kind == "i" || kind == "u") {
        // Years that ns cannot hold wrap around: seconds say so.
        const auto as = [&](const char* type) {
            return nb::cast<std::int64_t>(nb::int_(time.attr("astype")(type).attr("astype")("int64")));
        };
        const std::int64_t ns = as("datetime64[ns]");
        if (ns == std::numeric_limits<std::int64_t>::min()) {
            throw OrderError(fmt::format("{} {} is no time (NaT).", what, shown(value)));
        }
        if (kind == "M" && std::abs(as("datetime64[s]") - ns / 1'000'000'000) > 1) { throw outside(); }
        return TimeNs{ns};
    }
    throw OrderError(
        fmt::format("{} {} is not a time; give ns UTC as int, a datetime with a time zone, a datetime64 or ISO text.",
                    what, shown(value)));
}

DurationNs duration_from_python(nb::handle value, const char* what) {
    double seconds = 0;
    nb::object number = nb::borrow(value);
    if (nb::hasattr(value, "total_seconds")) { number = value.attr("total_seconds")(); }
    if (PyBool_Check(number.ptr()) || !nb::try_cast(number, seconds)) {
        throw nb::type_error(fmt::format("{} = {} is of type {}; give a number or a timedelta.", what, shown(value),
                                         nb::cast<std::string>(value.type().attr("__name__")))
                                 .c_str());
    }
    if (!(seconds >= 0) || seconds > 9e9) {  // 285 years
        throw OrderError(fmt::format("{} = {} is no wait; give seconds from 0 to 9e9.", what, shown(value)));
    }
    return DurationNs{std::llround(seconds * 1e9)};
}

std::uint64_t id_from_python(nb::handle value, const char* what, const char* from) {
    std::uint64_t id = 0;
    if (PyBool_Check(value.ptr()) || !nb::try_cast(value, id)) {
        throw OrderError(
            fmt::format("{} = {} is not an id; give the number that {} returned.", what, shown(value), from));
    }
    return id;
}

}  // namespace walras::python
