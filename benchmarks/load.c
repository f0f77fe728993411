/* Sends prepared requests over many connections, each waiting for its answer before the next.

   load PORT FILE CONNECTIONS SECONDS RATE

   FILE holds the requests, each after its length as a 32-bit number. Every connection has its own share of them, which
   it sends again and again. RATE is in requests a second, spread over the connections; 0 for as many as are answered.
   Prints the answers that came within SECONDS, errors, and the times at 50, 95 and 99 percent in milliseconds, also of
   answers that came later: without those a slow server would look faster, and with them in the count it would look busier.
   In C, because a client that took a good part of a processor would be what is measured. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LARGEST_ANSWER (1 << 20)
#define PATIENCE 10.0 /* seconds after the end for which answers are waited for */

typedef struct { char *text; uint32_t length; } Request;

typedef struct {
  int line, next_request;
  int waits; /* for an answer */
  double asked, due;
  size_t got;
  char *answer;
} Caller;

static Request *requests;
static int number_of_requests, connections, at_work, line_of_events;
static double until, pace;
static double *took;
static long answers, in_time, room_for, errors;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void read_requests(const char *path) {
  FILE *file = fopen(path, "rb");
  uint32_t length;
  if (!file) fail(path);
  while (fread(&length, sizeof length, 1, file) == 1) {
    requests = realloc(requests, (number_of_requests + 1) * sizeof *requests);
    char *text = malloc(length);
    if (fread(text, 1, length, file) != length) fail(path);
    requests[number_of_requests++] = (Request){text, length};
  }
  fclose(file);
}

static void hang_up(Caller *caller, int is_error) {
  close(caller->line);
  caller->line = -1;
  errors += is_error;
  at_work--;
}

static void ask(Caller *caller) {
  double moment = now();
  if (moment >= until) {
    hang_up(caller, 0);
    return;
  }
  if (moment < caller->due) return; /* it is asked again when its turn has come */
  caller->due += pace;
  Request *request = &requests[caller->next_request];
  caller->next_request = (caller->next_request + connections) % number_of_requests;
  caller->asked = moment;
  caller->waits = 1;
  caller->got = 0;
  if (send(caller->line, request->text, request->length, MSG_NOSIGNAL) != (ssize_t)request->length)
    hang_up(caller, 1);
}

static void hear(Caller *caller) {
  ssize_t more = recv(caller->line, caller->answer + caller->got, LARGEST_ANSWER - caller->got, 0);
  if (more <= 0 || !caller->waits) {
    hang_up(caller, 1);
    return;
  }
  caller->got += more;
  caller->answer[caller->got] = 0;
  char *end = strstr(caller->answer, "\r\n\r\n");
  if (!end) return;
  char *told = strcasestr(caller->answer, "\r\ncontent-length:");
  if (!told || told > end) {
    hang_up(caller, 1);
    return;
  }
  if (caller->got < (size_t)(end + 4 - caller->answer) + strtoul(told + 17, NULL, 10)) return;
  if (answers == room_for) took = realloc(took, (room_for = 2 * room_for + 1024) * sizeof *took);
  double moment = now();
  took[answers++] = moment - caller->asked;
  in_time += moment < until;
  int status = atoi(caller->answer + 9);
  errors += status != 200 && status != 302 && status != 303;
  caller->waits = 0;
  ask(caller);
}

static void call(Caller *caller, int port, int place, double began) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  caller->line = socket(AF_INET, SOCK_STREAM, 0);
  int at_once = 1;
  setsockopt(caller->line, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (connect(caller->line, (struct sockaddr *)&address, sizeof address)) fail("connect");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = caller};
  epoll_ctl(line_of_events, EPOLL_CTL_ADD, caller->line, &event);
  caller->answer = malloc(LARGEST_ANSWER + 1);
  caller->next_request = place % number_of_requests;
  caller->due = began + pace * place / connections;
}

static int by_size(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return (one > other) - (one < other);
}

static double at(double share) {
  return answers ? 1000 * took[(long)(share * (answers - 1))] : 0;
}

int main(int arguments, char **given) {
  if (arguments != 6) return 2;
  int port = atoi(given[1]);
  connections = atoi(given[3]);
  double seconds = atof(given[4]), rate = atof(given[5]);
  pace = rate ? connections / rate : 0;
  read_requests(given[2]);
  line_of_events = epoll_create1(0);
  Caller *callers = calloc(connections, sizeof *callers);
  double began = now();
  until = began + seconds;
  for (int place = 0; place < connections; place++, at_work++) call(&callers[place], port, place, began);
  struct epoll_event events[256];
  do {
    for (int place = 0; place < connections; place++)
      if (callers[place].line >= 0 && !callers[place].waits) ask(&callers[place]);
    int heard = epoll_wait(line_of_events, events, 256, pace ? 1 : 100);
    for (int each = 0; each < heard; each++) {
      Caller *caller = events[each].data.ptr;
      if (caller->line >= 0) hear(caller);
    }
  } while (at_work && now() < until + PATIENCE);
  errors += at_work; /* those that were never answered */
  qsort(took, answers, sizeof *took, by_size);
  printf("{\"answers\": %ld, \"errors\": %ld, \"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f}\n", in_time, errors, at(0.50),
         at(0.95), at(0.99));
  return 0;
}
