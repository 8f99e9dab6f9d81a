import { ALL_QUEUES } from '@pressroom/contracts';
import { newId, silentLogger } from '@pressroom/runtime';
import { startPrivatePostgres, startPrivateRedis } from '@pressroom/testkit';
import pg from 'pg';
import { Redis } from 'ioredis';
import { createConsumer, createProducer, createQueueBackend, createQueueAdmin } from '../../src/index.ts';
const sleep = (ms:number)=>new Promise(r=>setTimeout(r,ms));
const redis = (await startPrivateRedis())!;
const pgs = await startPrivatePostgres({settings:{fsync:'on',synchronous_commit:'on'}} as any);
for (const config of [{kind:'redis',url:redis.url},{kind:'postgres',databaseUrl:pgs.url}] as const) {
  const backend = createQueueBackend({...config, log: silentLogger()} as any);
  await backend.prepare();
  const producer = createProducer({backend, log: silentLogger()});
  const at = new Map<string,number>(); const lat:number[]=[]; let n=0;
  const consumer = createConsumer({backend, queues: ALL_QUEUES, concurrency: 16, log: silentLogger(), handler: async (job)=>{ n++; const t=at.get(job.stepId); if(t) lat.push(performance.now()-t);} });
  await sleep(1500);
  // latency
  for (let i=0;i<300;i++){ const job={taskId:newId(),stepId:newId(),attempt:1}; at.set(job.stepId,performance.now()); await producer.add(ALL_QUEUES[i%10]!,[{job,priority:5}]); await sleep(5);} 
  await sleep(300);
  lat.sort((a,b)=>a-b);
  console.log(config.kind,'latency ms p50',lat[150]?.toFixed(2),'p99',lat[296]?.toFixed(2),'n',lat.length);
  // throughput
  n=0; let t=performance.now(); const N=5000;
  for (let i=0;i<N;i+=100) await producer.add('draft.batch', Array.from({length:100},()=>({job:{taskId:newId(),stepId:newId(),attempt:1},priority:5})));
  const addMs=performance.now()-t;
  while(n<N) await sleep(5);
  console.log(config.kind,'add/s',Math.round(N/addMs*1000),'total/s',Math.round(N/(performance.now()-t)*1000));
  // idle
  await sleep(1000);
  const conns = config.kind==='redis' ? (await (async()=>{const r=new Redis(redis.url);const l=await r.client('LIST') as string;r.disconnect();return l.split('\n').filter(Boolean).length-1;})())
   : (await (async()=>{const c=new pg.Client({connectionString:pgs.url});await c.connect();const {rows}=await c.query("select count(*) from pg_stat_activity where application_name='pressroom-queue'");await c.end();return rows[0].count;})());
  let xa=0; if(config.kind==='postgres'){const c=new pg.Client({connectionString:pgs.url});await c.connect(); const q=async()=>Number((await c.query("select xact_commit from pg_stat_database where datname=current_database()")).rows[0].xact_commit); const cpu0=process.cpuUsage(); const x0=await q(); await sleep(5000); const x1=await q(); const cpu=process.cpuUsage(cpu0); console.log('postgres idle xact/s',(x1-x0)/40,'cpu%',((cpu.user+cpu.system)/1e6/40*100).toFixed(2)); 
    const {rows}=await c.query("select count(*) from pg_stat_activity where application_name='pressroom-queue'"); console.log('pg connections after 40 s idle',rows[0].count); await c.end();}
  else { const r=new Redis(redis.url); const q=async()=>Number(/total_commands_processed:(\d+)/.exec(await r.info('stats'))![1]); const cpu0=process.cpuUsage(); const x0=await q(); await sleep(5000); const x1=await q(); const cpu=process.cpuUsage(cpu0); console.log('redis idle cmds/s',(x1-x0)/20,'cpu%',((cpu.user+cpu.system)/1e6/20*100).toFixed(2)); r.disconnect(); }
  console.log(config.kind,'connections',conns);
  await consumer.close(); await producer.close(); await backend.close();
}
await redis.stop(); await pgs.stop(); process.exit(0);
