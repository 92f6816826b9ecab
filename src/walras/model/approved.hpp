// Approved<T>: a T that the risk gate has seen. Venues accept nothing else, so an order that bypasses risk does not
// compile. The risk gate is the sole maker.
#pragma once

#include "walras/model/order.hpp"

namespace walras::risk {
class RiskGate;
}

namespace walras::model {

template <class T>
class Approved {
public:
    [[nodiscard]] const T& get() const { return value_; }
    const T& operator*() const { return value_; }
    const T* operator->() const { return &value_; }

private:
    friend class ::walras::risk::RiskGate;
    explicit Approved(const T& value) : value_(value) {}
    T value_;
};

}  // namespace walras::model
