// A stream of ticks that Python opened: whoever runs on it takes the stream.
#pragma once

#include <string>

#include "bindings.hpp"
#include "walras/data/tick_stream.hpp"

namespace walras::python {

struct TickReader {
    data::TickStreamPtr stream;
};

// A stream whose pieces Python makes. `begin()` gives an iterator over (records, symbols, progress): uint8 of shape
// (n, 64), all symbols so far, and how far the file is. Memory holds one piece. May be used without the GIL.
data::TickStreamPtr python_ticks(nb::object begin, std::string source);

}  // namespace walras::python
