# All figures of client and server on one page
# Draw it again with: gnuplot all_figures.gp

load 'style.gp'
page_width = 0.500000; page_height = 0.200000; page_line = 0.013514

width = 840; height = 1480; scale = 2.0
eval svg('all_figures')
set multiplot
page_x = 0.000000; page_y = 0.800000; page_caption = 'Fig. 2. Client: requests per second'
load 'requests_per_second.gp'
page_x = 0.500000; page_y = 0.800000; page_caption = 'Fig. 3. Client: response time'
load 'response_time.gp'
page_x = 0.000000; page_y = 0.600000; page_caption = 'Fig. 4. Client: number of users'
load 'users.gp'
page_x = 0.500000; page_y = 0.600000; page_caption = 'Fig. 5. Server: container instances'
load 'instance_count.gp'
page_x = 0.000000; page_y = 0.400000; page_caption = 'Fig. 6. Server: billable instance time'
load 'billable_instance_time.gp'
page_x = 0.500000; page_y = 0.400000; page_caption = 'Fig. 7. Server: request count'
load 'request_count.gp'
page_x = 0.000000; page_y = 0.200000; page_caption = 'Fig. 8. Server: request latency'
load 'request_latency.gp'
page_x = 0.500000; page_y = 0.200000; page_caption = 'Fig. 9. Server: CPU utilization'
load 'cpu_utilization.gp'
page_x = 0.000000; page_y = 0.000000; page_caption = 'Fig. 10. Server: memory utilization'
load 'memory_utilization.gp'
page_x = 0.500000; page_y = 0.000000; page_caption = 'Cold starts among all requests'
load 'cold_starts.gp'
unset multiplot

width = 840; height = 1480; scale = 2.0
eval png('all_figures')
set multiplot
page_x = 0.000000; page_y = 0.800000; page_caption = 'Fig. 2. Client: requests per second'
load 'requests_per_second.gp'
page_x = 0.500000; page_y = 0.800000; page_caption = 'Fig. 3. Client: response time'
load 'response_time.gp'
page_x = 0.000000; page_y = 0.600000; page_caption = 'Fig. 4. Client: number of users'
load 'users.gp'
page_x = 0.500000; page_y = 0.600000; page_caption = 'Fig. 5. Server: container instances'
load 'instance_count.gp'
page_x = 0.000000; page_y = 0.400000; page_caption = 'Fig. 6. Server: billable instance time'
load 'billable_instance_time.gp'
page_x = 0.500000; page_y = 0.400000; page_caption = 'Fig. 7. Server: request count'
load 'request_count.gp'
page_x = 0.000000; page_y = 0.200000; page_caption = 'Fig. 8. Server: request latency'
load 'request_latency.gp'
page_x = 0.500000; page_y = 0.200000; page_caption = 'Fig. 9. Server: CPU utilization'
load 'cpu_utilization.gp'
page_x = 0.000000; page_y = 0.000000; page_caption = 'Fig. 10. Server: memory utilization'
load 'memory_utilization.gp'
page_x = 0.500000; page_y = 0.000000; page_caption = 'Cold starts among all requests'
load 'cold_starts.gp'
unset multiplot
unset output
