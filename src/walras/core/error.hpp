// The exceptions that Walras throws when the world, the data or a caller's configuration fails.
//
// Expected outcomes (a refused order, an illegal transition) are values: std::expected. A broken invariant is
// WALRAS_CHECK (check.hpp). Python sees these classes under the same names, below `WalrasError`.
// Each message states fact, value and remedy.
#pragma once

#include <stdexcept>
#include <string>

namespace walras {

class WalrasError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A file, a column or a row is not what it must be.
class DataError : public WalrasError {
public:
    using WalrasError::WalrasError;
};

// An order request makes no sense, whatever the market does.
class OrderError : public WalrasError {
public:
    using WalrasError::WalrasError;
};

// Ledger arithmetic would overflow, or a posting would break the accounting identity.
class LedgerError : public WalrasError {
public:
    using WalrasError::WalrasError;
};

// The risk gate refused and the caller asked for an exception instead of an order update.
class RiskRefusal : public WalrasError {
public:
    using WalrasError::WalrasError;
};

// A setting is unknown, out of range or contradicts another one.
class ConfigError : public WalrasError {
public:
    using WalrasError::WalrasError;
};

// A model (features, inference) cannot be loaded or evaluated.
class ModelError : public WalrasError {
public:
    using WalrasError::WalrasError;
};

// A venue or the connection to it failed.
class VenueError : public WalrasError {
public:
    using WalrasError::WalrasError;
};

// A bug in Walras itself: WALRAS_CHECK failed.
class InvariantError : public WalrasError {
public:
    using WalrasError::WalrasError;
};

}  // namespace walras
