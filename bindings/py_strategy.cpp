// Python classes as strategies.
#include "bar_object.hpp"
#include "py_execution.hpp"
#include "py_orders.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

namespace {

class PyStrategy final : public strategy::Strategy {
public:
    PyStrategy(nb::object self, const NameTable& names, std::vector<std::string>& tags, bool& interrupted)
        : self_(std::move(self)),
          names_(names),
          interrupted_(interrupted),
          context_object_(nb::cast(PyContext(names, tags))) {
        context_ = nb::inst_ptr<PyContext>(context_object_);
        base_ = nb::module_::import_("walras.strategy").attr("Strategy");
        on_start_ = find("on_start");
        on_bars_ = find("on_bars");
        on_bar_ = find("on_bar");
        on_quote_ = find("on_quote");
        on_trade_ = find("on_trade");
        on_book_ = find("on_book");
        on_order_ = find("on_order");
        on_execution_ = find("on_execution");
        on_timer_ = find("on_timer");
        on_stop_ = find("on_stop");
        if (nb::hasattr(self_, "warm_up")) { warm_up_ = nb::cast<std::size_t>(self_.attr("warm_up")); }
    }

    PyStrategy(const PyStrategy&) = delete;
    PyStrategy& operator=(const PyStrategy&) = delete;
    // The session is gone: a context that the strategy kept must not reach into it.
    ~PyStrategy() override { context_->attach(nullptr); }

    [[nodiscard]] std::size_t warm_up() const override { return warm_up_; }

    void on_start(strategy::Context& c) override {
        if (on_start_.is_valid()) { call(c, on_start_); }
    }

    void on_bars(strategy::Context& c, std::span<const strategy::ClosedBar> bars) override {
        if (on_bars_.is_valid()) {
            nb::dict slice;
            for (const auto& bar : bars) {
                PyObject* name = names_.name(bar.instrument);
                slice[nb::handle(name)] = make_bar(name, bar);
            }
            call(c, on_bars_, slice);
        }
        if (!on_bar_.is_valid()) { return; }
        for (const auto& bar : bars) { call(c, on_bar_, pool_.get(names_.name(bar.instrument), bar)); }
    }

    void on_quote(strategy::Context& c, InstrumentId instrument, const model::Quote& quote) override;
    void on_trade(strategy::Context& c, InstrumentId instrument, const model::Trade& trade) override;
    void on_book(strategy::Context& c, InstrumentId instrument, const book::MarketBook&) override {
        if (!on_book_.is_valid()) { return; }
        context_->attach(&c);
        call(c, on_book_, context_->book(instrument));
    }

    void on_order(strategy::Context& c, const model::Order& order, const model::OrderReport& report) override {
        if (!on_order_.is_valid()) { return; }
        context_->attach(&c);
        call(c, on_order_, nb::cast(PyOrderUpdate{report, snapshot(*context_, order), c.now()}));
    }

    void on_execution(strategy::Context& c, const model::ExecutionState& state) override {
        if (!on_execution_.is_valid()) { return; }
        context_->attach(&c);
        call(c, on_execution_, nb::cast(snapshot(*context_, state)));
    }

    void on_timer(strategy::Context& c, TimerId timer) override {
        if (on_timer_.is_valid()) { call(c, on_timer_, nb::cast(timer.value)); }
    }

    void on_stop(strategy::Context& c) override {
        if (on_stop_.is_valid()) { call(c, on_stop_); }
    }

private:
    // The bound method, or nothing where the class keeps the base's empty one.
    nb::object find(const char* name) {
        const nb::object own = nb::getattr(self_.type(), name, nb::none());
        if (own.is_none() || own.is(base_.attr(name))) { return {}; }
        return self_.attr(name);
    }

    template <class... Args>
    void call(strategy::Context& c, const nb::object& method, const Args&... args) {
        context_->attach(&c);
        PyObject* arguments[] = {nullptr, context_object_.ptr(), args.ptr()...};
        PyObject* result = PyObject_Vectorcall(method.ptr(), arguments + 1,
                                               (1 + sizeof...(args)) | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
        context_->attach(nullptr);
        if (result == nullptr) {
            if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) == 0) { throw nb::python_error(); }
            PyErr_Clear();  // Ctrl-C ends the run and keeps what was done
            interrupted_ = true;
            c.stop();
            return;
        }
        Py_DECREF(result);
    }

    nb::object self_;
    const NameTable& names_;
    bool& interrupted_;
    nb::object context_object_;
    PyContext* context_ = nullptr;
    nb::object base_;
    nb::object on_start_, on_bars_, on_bar_, on_quote_, on_trade_, on_book_, on_order_, on_timer_, on_stop_;
    nb::object on_execution_;
    std::size_t warm_up_ = 0;
    BarPool pool_;
};

void PyStrategy::on_quote(strategy::Context& c, InstrumentId instrument, const model::Quote& quote) {
    if (!on_quote_.is_valid()) { return; }
    call(c, on_quote_,
         nb::cast(PyQuote{nb::borrow<nb::str>(names_.name(instrument)), c.now(), quote, names_.details(instrument)}));
}

void PyStrategy::on_trade(strategy::Context& c, InstrumentId instrument, const model::Trade& trade) {
    if (!on_trade_.is_valid()) { return; }
    call(c, on_trade_,
         nb::cast(PyTrade{nb::borrow<nb::str>(names_.name(instrument)), c.now(), trade, names_.details(instrument)}));
}

}  // namespace

std::unique_ptr<strategy::Strategy> wrap_strategy(nb::object strategy, const NameTable& names,
                                                  std::vector<std::string>& tags, bool& interrupted) {
    return std::make_unique<PyStrategy>(std::move(strategy), names, tags, interrupted);
}

}  // namespace walras::python
