// The Bar that Python callbacks receive: a small object of its own, because it is made once a bar.
//
// Its fields are read-only attributes at fixed slots, which CPython reads without a call. The object and its floats are
// used again for the next bar when nobody has kept them; whoever keeps a bar or a price keeps it unchanged.
#pragma once

#include "bindings.hpp"
#include "walras/strategy/context.hpp"

namespace walras::python {

// Adds the type to the module.
void bind_bar(nb::module_& m);

// A new Bar. `instrument` is the name as a Python string.
nb::object make_bar(PyObject* instrument, const strategy::ClosedBar& bar);

class BarPool {
public:
    // The Bar for this call; valid as long as the returned object.
    nb::object get(PyObject* instrument, const strategy::ClosedBar& bar);

private:
    nb::object spare_;
};

}  // namespace walras::python
