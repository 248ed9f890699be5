/* processors: how many of them this process may use. */
#ifndef PROCESSORS_H
#define PROCESSORS_H

/*
 * 1 or more: those it may run on (sched_setaffinity(2), cpusets), and no more
 * than the time that its control groups may take of them.
 */
unsigned processors_allowed(void);

/* The same, but max where there are more. */
unsigned processors_at_most(unsigned max);

/*
 * The quota of control groups alone, rounded up to whole processors; 0: there
 * is none. membership is /proc/self/cgroup, mounts /sys/fs/cgroup. Version 2
 * (cpu.max) and 1 (cpu.cfs_quota_us); the smallest from the process's group up
 * to the root counts. Nothing is told: what cannot be read limits nothing.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 */
unsigned processors_quota(const char *membership, const char *mounts);

#endif
