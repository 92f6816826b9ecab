// What strategies in Python see of orders and the market: values that may outlive their run.
#pragma once

#include <memory>
#include <string>

#include "py_context.hpp"
#include "walras/model/event.hpp"
#include "walras/model/order.hpp"

namespace walras::python {

// A snapshot of an order.
struct PyOrder {
    model::Order order;
    std::shared_ptr<const model::Instrument> instrument;  // a copy, for snapshots outlive their run
    nb::str instrument_name;
    std::string tag;
};

// One step of an order's life, as on_order gets it.
struct PyOrderUpdate {
    model::OrderReport report;
    PyOrder order;
    TimeNs ts;
};

struct PyQuote {
    nb::str instrument;
    TimeNs ts;
    model::Quote quote;
    std::shared_ptr<const model::Instrument> details;
};

struct PyTrade {
    nb::str instrument;
    TimeNs ts;
    model::Trade trade;
    std::shared_ptr<const model::Instrument> details;
};

PyOrder snapshot(const PyContext& context, const model::Order& order);

void bind_orders(nb::module_& m);

}  // namespace walras::python
