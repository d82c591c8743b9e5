/** Processors that the filter is written for, with their place in each row of numbers and the kernel's name for their calling convention (AUDIT_ARCH_*). */
export const PROCESSORS = { arm64: { audit_arch: 0xc00000b7, column: 1 }, x64: { audit_arch: 0xc000003e, column: 0 } } as const

/** Numbers of system calls on x86_64 and arm64, from the kernel's tables; null where a processor has no such call. */
type Numbers = Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>>

/** Refused whatever they ask for: none is needed by a program that works in its own folder. */
export const DENIED: Numbers = {
  // Other processes and their memory.
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  userfaultfd: [323, 282],
  // Namespaces and the view of the file system.
  chroot: [161, 51],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  open_tree: [428, 428],
  pivot_root: [155, 41],
  setns: [308, 268],
  umount2: [166, 39],
  unshare: [272, 97],
  // Files by their number on the disk, and watching those of others.
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  lookup_dcookie: [212, 18],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  // Keys, programs inside the kernel, its counters, and its second door for input and output.
  add_key: [248, 217],
  bpf: [321, 280],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  keyctl: [250, 219],
  perf_event_open: [298, 241],
  request_key: [249, 218],
  vmsplice: [278, 75],
  // The kernel itself.
  create_module: [174, null],
  delete_module: [176, 106],
  finit_module: [313, 273],
  get_kernel_syms: [177, null],
  init_module: [175, 105],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  nfsservctl: [180, 42],
  query_module: [178, null],
  reboot: [169, 142],
  syslog: [103, 116],
  // The machine: its clock, name, disks, ports, accounts, memory layout.
  _sysctl: [156, null],
  acct: [163, 89],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  ioperm: [173, null],
  iopl: [172, null],
  mbind: [237, 235],
  memfd_secret: [447, 447],
  migrate_pages: [256, 238],
  modify_ldt: [154, null],
  move_pages: [279, 239],
  personality: [135, 92],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  set_mempolicy: [238, 237],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  settimeofday: [164, 170],
  swapoff: [168, 225],
  swapon: [167, 224],
  sysfs: [139, null],
  uselib: [134, null],
  ustat: [136, null],
  vhangup: [153, 58],
}

/** Judged by their arguments. */
export const JUDGED = { clone: [56, 220], clone3: [435, 435], ioctl: [16, 29], socket: [41, 198] } as const satisfies Numbers

/** The youngest call of the tables above (mseal); processors share their numbers from 424 on. What came after is answered as by an older kernel. */
export const YOUNGEST = 462

/** All others, up to the youngest, by the names that both processors share: a container engine takes a filter in names. */
export const ALLOWED: readonly string[] = `
  accept accept4 access afs_syscall alarm arch_prctl bind brk cachestat capget capset chdir chmod chown clock_getres clock_gettime clock_nanosleep close
  close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
  epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat
  fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex futex_requeue futex_wait futex_waitv
  futex_wake futimesat get_mempolicy get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid geteuid getgid getgroups getitimer
  getpeername getpgid getpgrp getpid getpmsg getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid
  gettimeofday getuid getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_setup
  io_submit ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lgetxattr link linkat listen listmount
  listxattr llistxattr lremovexattr lseek lsetxattr lsm_get_self_attr lsm_list_modules lsm_set_self_attr lstat madvise map_shadow_stack membarrier
  memfd_create mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend
  mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap nanosleep newfstatat open openat openat2 pause pidfd_open
  pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2 prlimit64 process_madvise process_mrelease
  pselect6 putpmsg pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages removexattr rename
  renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
  rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
  sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp security select semctl semget semop semtimedop sendfile sendmmsg
  sendmsg sendto set_mempolicy_home_node set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid setgroups setitimer setpgid setpriority
  setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4
  socketpair splice stat statfs statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete
  timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate tuxcall umask uname unlink unlinkat
  utime utimensat utimes vfork vserver wait4 waitid write writev
`
  .trim()
  .split(/\s+/)
