// What Python sees of an order book: a run's own, alive inside callbacks, or one that Python built.
#pragma once

#include <memory>

#include "py_context.hpp"
#include "walras/book/market_book.hpp"

namespace walras::python {

class PyMarketBook {
public:
    PyMarketBook(const PyMarketBook&) = delete;
    PyMarketBook& operator=(const PyMarketBook&) = delete;
    virtual ~PyMarketBook() = default;
    [[nodiscard]] virtual const book::MarketBook& get() const = 0;
    [[nodiscard]] nb::str name() const { return name_; }
    [[nodiscard]] std::int64_t lot_size() const { return lot_size_; }
    [[nodiscard]] double units(double lots) const { return lots * static_cast<double>(lot_size_) / 1e9; }

protected:
    PyMarketBook(nb::str name, std::int64_t lot_size) : name_(std::move(name)), lot_size_(lot_size) {}

private:
    nb::str name_;
    std::int64_t lot_size_;
};

// The book as it has reached the strategy, at any time during its callbacks.
class PyLiveBook final : public PyMarketBook {
public:
    PyLiveBook(std::shared_ptr<const Attachment> attachment, InstrumentId instrument);
    [[nodiscard]] const book::MarketBook& get() const override;

private:
    std::shared_ptr<const Attachment> attachment_;
    InstrumentId instrument_;
};

}  // namespace walras::python
