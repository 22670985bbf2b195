// V8 as a whole: its flags, its platform, its start.

#include <libplatform/libplatform.h>
#include <sys/random.h>

#include <cmath>
#include <string>

#include "v8shim/internal.h"

namespace v8shim {

Process process;

namespace {

constexpr double kRealClock = std::numeric_limits<double>::quiet_NaN();

// A deliver() that V8 keeps busy with its own work delays the worker's next
// event; what is left runs after that one.
constexpr int kMaxForegroundTasks = 16;

// The wall clock of the isolate that this thread is in.
thread_local double thread_clock_ms = kRealClock;

// V8's default platform, with another wall clock.
class Platform final : public v8::Platform {
 public:
  explicit Platform(std::unique_ptr<v8::Platform> inner)
      : inner_(std::move(inner)) {}

  v8::Platform* inner() { return inner_.get(); }

  double CurrentClockTimeMillis() override {
    const double now = thread_clock_ms;
    return std::isnan(now) ? SystemClockTimeMillis() : now;
  }

  // V8 measures its own work with this one; JavaScript does not see it.
  double MonotonicallyIncreasingTime() override {
    return inner_->MonotonicallyIncreasingTime();
  }

  v8::PageAllocator* GetPageAllocator() override {
    return inner_->GetPageAllocator();
  }
  v8::TracingController* GetTracingController() override {
    return inner_->GetTracingController();
  }
  int NumberOfWorkerThreads() override {
    return inner_->NumberOfWorkerThreads();
  }
  bool IdleTasksEnabled(v8::Isolate* isolate) override {
    return inner_->IdleTasksEnabled(isolate);
  }

#if V8SHIM_PLATFORM_HAS_IMPL
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(
      v8::Isolate* isolate, v8::TaskPriority priority) override {
    return inner_->GetForegroundTaskRunner(isolate, priority);
  }
  void PostTaskOnWorkerThreadImpl(v8::TaskPriority priority,
                                  std::unique_ptr<v8::Task> task,
                                  const v8::SourceLocation& at) override {
    inner_->PostTaskOnWorkerThread(priority, std::move(task), at);
  }
  void PostDelayedTaskOnWorkerThreadImpl(
      v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
      double delay_in_seconds, const v8::SourceLocation& at) override {
    inner_->PostDelayedTaskOnWorkerThread(priority, std::move(task),
                                          delay_in_seconds, at);
  }
  std::unique_ptr<v8::JobHandle> CreateJobImpl(
      v8::TaskPriority priority, std::unique_ptr<v8::JobTask> job,
      const v8::SourceLocation& at) override {
    return inner_->CreateJob(priority, std::move(job), at);
  }
#else
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(
      v8::Isolate* isolate) override {
    return inner_->GetForegroundTaskRunner(isolate);
  }
  void CallOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    inner_->CallOnWorkerThread(std::move(task));
  }
  void CallBlockingTaskOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    inner_->CallBlockingTaskOnWorkerThread(std::move(task));
  }
  void CallLowPriorityTaskOnWorkerThread(
      std::unique_ptr<v8::Task> task) override {
    inner_->CallLowPriorityTaskOnWorkerThread(std::move(task));
  }
  void CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> task,
                                 double delay_in_seconds) override {
    inner_->CallDelayedOnWorkerThread(std::move(task), delay_in_seconds);
  }
  std::unique_ptr<v8::JobHandle> PostJob(
      v8::TaskPriority priority, std::unique_ptr<v8::JobTask> job) override {
    return inner_->PostJob(priority, std::move(job));
  }
#if V8SHIM_PLATFORM_HAS_CREATE_JOB
  std::unique_ptr<v8::JobHandle> CreateJob(
      v8::TaskPriority priority, std::unique_ptr<v8::JobTask> job) override {
    return inner_->CreateJob(priority, std::move(job));
  }
#endif
#endif  // V8SHIM_PLATFORM_HAS_IMPL

 private:
  const std::unique_ptr<v8::Platform> inner_;
};

// Never freed: V8's threads use it until the process is gone.
Platform* platform;

void SetFlag(const std::string& flag) {
  v8::V8::SetFlagsFromString(flag.c_str(), flag.size());
}

// A flag that only some builds of a version have: the others ignore it.
void SetFlagIfKnown(const char* flag) {
  std::string text = flag;
  char program[] = "v8";
  char* args[] = {program, text.data(), nullptr};
  int count = 2;
  v8::V8::SetFlagsFromCommandLine(&count, args, true);
}

void SetFlags(const v8shim_config_t& config) {
  // Our own header has a checksum, compared once a process and not once an
  // isolate.
  SetFlag("--no-verify-snapshot-checksum");

  // In KB.  An executor's stack has 1 MB at least; what is left is for the
  // frames below JavaScript and for V8's own C++ above the limit.
  SetFlag("--stack-size=640");

  // In pages of 64 KB; a WebAssembly.Memory is not made by our allocator.
  SetFlag("--wasm-max-mem-pages=2048");

  if (!config.jit) {
    // Code on the heap is not compiled, so WebAssembly has to go too.
    SetFlag("--no-expose-wasm");
    SetFlag("--jitless");
  }
  if (config.platform_threads <= 0) SetFlag("--single-threaded");

  for (const char* const* flag = kVersionFlags; *flag != nullptr; flag++) {
    SetFlag(*flag);
  }
#if !V8SHIM_V8_FROM(12, 3)
  // "import ... with": node has brought it to the older V8 in libnode.
  SetFlagIfKnown("--harmony-import-attributes");
#endif
}

// V8's own way is a file, and the jail has none.
bool GetEntropy(unsigned char* buffer, size_t size) {
  while (size > 0) {
    const ssize_t got = getrandom(buffer, size, 0);
    if (got <= 0) return false;
    buffer += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

std::unique_ptr<v8::Platform> NewInnerPlatform(int threads) {
  if (threads <= 0) return v8::platform::NewSingleThreadedDefaultPlatform();
  return v8::platform::NewDefaultPlatform(threads);
}

// Out of memory where V8 knows of no isolate.
void OnProcessOom(const char* location, OomDetail) {
  process.config.fatal(location == nullptr ? "" : location, "out of memory");
}

}  // namespace

bool RunForegroundTasks(v8::Isolate* isolate) {
  int ran = 0;
  while (ran < kMaxForegroundTasks &&
         v8::platform::PumpMessageLoop(platform->inner(), isolate)) {
    ran++;
  }
  return ran > 0;
}

void ForgetForegroundTasks(v8::Isolate* isolate) {
  v8::platform::NotifyIsolateShutdown(platform->inner(), isolate);
}

void SetThreadClock(double unix_ms) { thread_clock_ms = unix_ms; }

}  // namespace v8shim

using namespace v8shim;

const char* v8shim_version() { return v8::V8::GetVersion(); }

v8shim_status_t v8shim_start(const v8shim_config_t* config,
                             v8shim_error_t* error) {
  if (process.started) {
    SetError(error, "V8 was started before");
    return V8SHIM_FAILED;
  }

  if (config->snapshot.size > 0) {
    if (!OpenSnapshot(config->ops, config->snapshot, &process.snapshot,
                      error)) {
      return V8SHIM_FAILED;
    }
    ShareSource(process.snapshot.source);
  }

  process.config = *config;
  process.started = true;
  for (const v8shim_op_t* op = config->ops; op->name != nullptr; op++) {
    process.op_lengths.push_back(static_cast<int>(strlen(op->args)));
    if (process.op_lengths.back() > kMaxOpArgs) {
      SetError(error, std::string(op->name) + ": an op of too many arguments");
      return V8SHIM_FAILED;
    }
  }

  SetFlags(*config);
  v8::V8::SetEntropySource(GetEntropy);
  v8::V8::SetFatalMemoryErrorCallback(OnProcessOom);
  platform = new Platform(NewInnerPlatform(config->platform_threads));
  v8::V8::InitializePlatform(platform);
  v8::V8::Initialize();

  return V8SHIM_OK;
}
