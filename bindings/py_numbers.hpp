// Numbers, times and words from Python, by one rule everywhere: a wrong one is an error that names what was given.
#pragma once

#include <cstdint>
#include <string>

#include "bindings.hpp"
#include "walras/model/instrument.hpp"

namespace walras::python {

// Units of 1e-9 from float (the nearest), int, str or Decimal. Throws OrderError; `what` names the value.
std::int64_t fixed_from_python(nb::handle value, const char* what);

// The same for a setting of a run: throws ConfigError.
std::int64_t setting_from_python(nb::handle value, const char* what);

// Whole lots of the instrument. Throws with the nearest ones.
Quantity quantity_from_python(nb::handle units, const model::Instrument& instrument, bool may_be_negative = false);

// A price on the instrument's tick.
Price price_from_python(nb::handle value, const model::Instrument& instrument, const char* what);

// A fraction: 0.5 or "50%". A bare number beyond `bound` is taken for percent that somebody forgot to mark, and
// refused.
Rate rate_from_python(nb::handle value, const char* what, double bound);

// ns UTC from int, an aware datetime, np.datetime64 or ISO text.
TimeNs time_from_python(nb::handle value, const char* what);
// Seconds as a number or a timedelta, not negative.
DurationNs duration_from_python(nb::handle value, const char* what);

// An id that an earlier call returned. `from` says which.
std::uint64_t id_from_python(nb::handle value, const char* what, const char* from);

}  // namespace walras::python
