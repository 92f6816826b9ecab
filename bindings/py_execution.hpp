// What strategies in Python see of parent orders.
#pragma once

#include <memory>

#include "py_context.hpp"
#include "walras/model/execution.hpp"

namespace walras::python {

// A snapshot of a parent order; it may outlive its run.
struct PyExecution {
    model::ExecutionState state;
    std::shared_ptr<const model::Instrument> instrument;
    nb::str instrument_name;
};

PyExecution snapshot(const PyContext& context, const model::ExecutionState& state);

// The class Execution and the methods of Context that make and end them.
void bind_execution(nb::module_& m, nb::class_<PyContext>& context);

}  // namespace walras::python
