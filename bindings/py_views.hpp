// Views of a run that strategies hold.
#pragma once

#include <vector>

#include "py_context.hpp"

namespace walras::python {

// The last bars of one instrument as columns; [i] is a Bar, oldest first, negative indices from the newest.
struct History {
    std::vector<strategy::ClosedBar> bars;
    nb::object instrument;
};

void bind_position(nb::module_& m);
void bind_history(nb::module_& m);

}  // namespace walras::python
