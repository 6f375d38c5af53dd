// Most of the time tests wait, for PostgreSQL to start and for limits of time: more of them at once than there are processors.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
