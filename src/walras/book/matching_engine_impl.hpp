// The bodies of MatchingEngine's listener templates, by subject. Include this only to match with a listener of your
// own; MatchLog and MatchSink are instantiated in matching_engine.cpp.
#pragma once

#include "walras/book/matching_auction_impl.hpp"
#include "walras/book/matching_orders_impl.hpp"
#include "walras/book/matching_replace_impl.hpp"
#include "walras/book/matching_stops_impl.hpp"
