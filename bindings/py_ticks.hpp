// A stream of ticks that Python opened: whoever runs on it takes the stream.
#pragma once

#include "walras/data/tick_stream.hpp"

namespace walras::python {

struct TickReader {
    data::TickStreamPtr stream;
};

}  // namespace walras::python
