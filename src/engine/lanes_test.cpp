#include "engine/lanes.h"

#include <gtest/gtest.h>

#include <thread>

namespace ingot {

namespace {

TEST(Turnstile, LetsThemThroughByNumber) {
  Turnstile turnstile;
  turnstile.open(7);
  EXPECT_TRUE(turnstile.is_turn_of(7));
  EXPECT_FALSE(turnstile.is_turn_of(8));
  std::vector<int> passed;
  {
    std::vector<std::jthread> threads;
    for (const int number : {9, 8, 7}) {
      threads.emplace_back([&, number] {
        if (!turnstile.wait_for_turn_of(static_cast<uint64_t>(number))) return;
        passed.push_back(number);
        turnstile.pass();
      });
    }
  }
  EXPECT_EQ(passed, (std::vector<int>{7, 8, 9}));
}

TEST(Turnstile, ThoseBeforeOneThatFailedStillPass) {
  Turnstile turnstile;
  turnstile.open(0);
  turnstile.close(2);
  turnstile.close(3);
  EXPECT_TRUE(turnstile.closed());
  EXPECT_TRUE(turnstile.wait_for_turn_of(0));
  turnstile.pass();
  EXPECT_TRUE(turnstile.wait_for_turn_of(1));
  turnstile.pass();
  EXPECT_FALSE(turnstile.wait_for_turn_of(2));
  EXPECT_FALSE(turnstile.is_turn_of(2));
  EXPECT_FALSE(turnstile.wait_for_turn_of(3));
  turnstile.open(2);
  EXPECT_TRUE(turnstile.wait_for_turn_of(2));
}

size_t count(const std::function<void(Pipeline&, std::vector<TableShape>&, RunPlan&, RunOptions&)>& change) {
  Pipeline pipeline;
  TableShape shape;
  shape.ahead = true;
  std::vector<TableShape> shapes{shape, shape};
  RunPlan plan;
  RunOptions options;
  pipeline.connections = 4;
  change(pipeline, shapes, plan, options);
  return lane_count(pipeline, shapes, plan, options);
}

TEST(LaneCount, FollowsMemoryAndWhatIsSaid) {
  EXPECT_EQ(count([](auto& pipeline, auto&, auto&, auto&) { pipeline.connections = 0; }), 1u);
  EXPECT_EQ(count([](auto&, auto&, auto&, auto&) {}), 4u);
  EXPECT_EQ(count([](auto& pipeline, auto&, auto&, auto&) { pipeline.connections = 7; }), 7u);
  EXPECT_EQ(count([](auto& pipeline, auto&, auto&, auto&) { pipeline.connections = 60; }), 8u);
  EXPECT_EQ(count([](auto& pipeline, auto&, auto&, auto& options) {
              pipeline.connections = 2;
              options.resources.memory_bytes = 128 << 20;
            }),
            1u);
}

TEST(LaneCount, IsOneWhereBatchesDependOnOneAnother) {
  EXPECT_EQ(count([](auto& pipeline, auto&, auto&, auto&) { pipeline.commit = CommitScope::run; }), 1u);
  EXPECT_EQ(count([](auto& pipeline, auto&, auto&, auto&) { pipeline.from.overwritten = Overwritten::replace_rows; }),
            1u);
  EXPECT_EQ(count([](auto&, auto& shapes, auto&, auto&) { shapes.back().ahead = false; }), 1u);
  EXPECT_EQ(count([](auto&, auto&, auto& plan, auto&) { plan.refresh = true; }), 1u);
  EXPECT_EQ(count([](auto&, auto&, auto& plan, auto&) { plan.compare_first = true; }), 1u);
  EXPECT_EQ(count([](auto&, auto&, auto&, auto& options) { options.replay.emplace(); }), 1u);
}

}  // namespace

}  // namespace ingot
