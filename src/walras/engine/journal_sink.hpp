// Where a session's journal goes when somebody wants the records and not only their hash.
#pragma once

#include "walras/model/event.hpp"

namespace walras::engine {

class JournalSink {
public:
    JournalSink() = default;
    JournalSink(const JournalSink&) = delete;
    JournalSink& operator=(const JournalSink&) = delete;
    virtual ~JournalSink() = default;
    virtual void inbound(const model::Event& event) = 0;   // what the session was told
    virtual void outbound(const model::Event& event) = 0;  // what it decided: commands, refusals, its own cash flows
};

}  // namespace walras::engine
